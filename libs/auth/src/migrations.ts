import type { Migration } from "@libs/database";

/** The tables of this library, forward only. */
export const migrations: readonly Migration[] = [
  {
    id: "auth/0001-users",
    up: `
      create table auth_users (
        id uuid primary key,
        email text not null,
        email_key text not null unique,
        password_hash text,
        roles text[] not null,
        tenant_id text,
        version integer not null default 1,
        disabled_at timestamptz,
        created_at timestamptz not null
      );
      create table auth_external_accounts (
        provider text not null,
        subject text not null,
        user_id uuid not null references auth_users (id) on delete cascade,
        created_at timestamptz not null,
        primary key (provider, subject)
      );
    `,
  },
  {
    id: "auth/0002-sessions",
    up: `
      create table auth_sessions (
        id uuid primary key,
        user_id uuid not null references auth_users (id) on delete cascade,
        address text,
        user_agent text,
        created_at timestamptz not null,
        last_used_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz,
        revoked_reason text
      );
      create index auth_sessions_user on auth_sessions (user_id);
      create index auth_sessions_expiry on auth_sessions (expires_at);
      create table auth_refresh_tokens (
        token_hash text primary key,
        session_id uuid not null references auth_sessions (id) on delete cascade,
        issued_at timestamptz not null,
        used_at timestamptz,
        successor_hash text
      );
      create index auth_refresh_tokens_session on auth_refresh_tokens (session_id);
    `,
  },
  {
    id: "auth/0003-signing-keys",
    up: `
      create table auth_signing_keys (
        key_id text primary key,
        algorithm text not null,
        public_jwk jsonb not null,
        private_key text not null,
        active_from timestamptz not null
      );
    `,
  },
  {
    id: "auth/0004-api-keys",
    up: `
      create table auth_api_keys (
        id uuid primary key,
        prefix text not null,
        key_hash text not null unique,
        name text not null,
        owner text not null,
        roles text[] not null,
        scopes text[] not null,
        tenant_id text,
        plan text,
        weight double precision not null default 1,
        created_at timestamptz not null,
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz,
        replaced_by uuid
      );
      create index auth_api_keys_owner on auth_api_keys (owner);
    `,
  },
  {
    id: "auth/0005-changes",
    up: `
      create table auth_change_counter (
        the_one boolean primary key default true check (the_one),
        revision bigint not null
      );
      insert into auth_change_counter (revision) values (0);
      create table auth_changes (
        revision bigint primary key,
        kind text not null,
        subject text not null,
        value double precision not null,
        at timestamptz not null
      );
    `,
  },
  {
    id: "auth/0006-audit",
    up: `
      create table auth_audit (
        id uuid primary key,
        at timestamptz not null,
        actor text not null,
        verb text not null,
        subject text not null,
        before jsonb,
        after jsonb
      );
      create index auth_audit_at on auth_audit (at);
    `,
  },
  {
    id: "auth/0007-sign-in-codes",
    up: `
      create table auth_sign_in_codes (
        code_hash text primary key,
        user_id uuid not null references auth_users (id) on delete cascade,
        challenge text not null,
        expires_at timestamptz not null
      );
      create index auth_sign_in_codes_expiry on auth_sign_in_codes (expires_at);
    `,
  },
];
