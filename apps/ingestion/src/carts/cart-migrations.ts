import type { Migration } from "@libs/database";

export const cartMigrations: readonly Migration[] = [
  {
    id: "ingestion/0001-carts",
    up: `
      create table carts (
        cart_id text primary key,
        session_id text not null,
        shopper_id text,
        status text not null check (status in ('active', 'abandoned', 'recovered', 'purchased')),
        currency text,
        items jsonb not null,
        value_minor bigint not null,
        checkout_started boolean not null,
        purchased boolean not null,
        created_at timestamptz not null,
        last_activity_at timestamptz not null,
        last_event_at timestamptz not null,
        last_sequence bigint not null,
        abandoned_at timestamptz
      );
      create index carts_by_session on carts (session_id);
      create index carts_by_status on carts (status, last_activity_at);
      create index carts_by_sequence on carts (last_sequence)`,
  },
  {
    id: "ingestion/0002-recoveries",
    up: `
      create table recoveries (
        id bigint generated always as identity primary key,
        cart_id text not null references carts (cart_id),
        session_id text not null,
        idle_since timestamptz not null,
        status text not null check (status in ('claimed', 'declined', 'sent', 'failed')),
        attempts int not null default 1,
        claimed_until timestamptz not null,
        probability double precision,
        message jsonb,
        created_at timestamptz not null default now(),
        unique (cart_id, idle_since)
      );
      create index recoveries_claimed on recoveries (claimed_until) where status = 'claimed'`,
  },
  {
    // written: how many messages were requested for it, and when the last one; shopper: for whom, the visit where nobody is known
    id: "ingestion/0003-message-budget",
    up: `
      alter table recoveries add column written int not null default 0, add column written_at timestamptz, add column shopper text,
        drop constraint recoveries_status_check,
        add constraint recoveries_status_check check (status in ('claimed', 'declined', 'sent', 'failed', 'over_budget'));
      create index recoveries_written on recoveries (written_at);
      create index recoveries_shopper on recoveries (shopper, written_at)`,
  },
];
