import { createHash } from "node:crypto";
import { CartwayError } from "@libs/errors";
import type { Redis } from "ioredis";
import {
  createTicketText,
  isTicketText,
  type RedeemedTicket,
  ticketMs,
  type TicketStore,
} from "./ticket-store.ts";

export interface RedisTicketsOptions {
  readonly redis: Pick<Redis, "set" | "getdel">;
  readonly now: () => number;
  /** `cartway:ticket:` by default. */
  readonly prefix?: string;
}

/** Tickets in Redis, stored as digests: reading the store reveals no ticket. */
export function createRedisTickets({
  redis,
  now,
  prefix = "cartway:ticket:",
}: RedisTicketsOptions): TicketStore {
  const keyOf = (ticket: string): string => prefix + createHash("sha256").update(ticket).digest("base64url");
  return {
    async issue(principal) {
      const ticket = createTicketText();
      // JSON has no Infinity: `null` means a credential without expiry
      const issuedAt = now();
      const text = JSON.stringify({ principal, issuedAt } satisfies RedeemedTicket);
      await orUnavailable(() => redis.set(keyOf(ticket), text, "PX", ticketMs, "NX"));
      return { ticket, expiresAt: issuedAt + ticketMs };
    },
    async redeem(ticket) {
      if (!isTicketText(ticket)) return null;
      const text = await orUnavailable(() => redis.getdel(keyOf(ticket)));
      return text === null ? null : readRedeemed(text);
    },
  };
}

/** Written by `issue` only; the store is trusted. */
function readRedeemed(text: string): RedeemedTicket {
  const { principal, issuedAt }: RedeemedTicket = JSON.parse(text);
  const end: unknown = principal.expiresAt;
  const expiresAt = typeof end === "number" ? end : Number.POSITIVE_INFINITY;
  return { principal: { ...principal, expiresAt }, issuedAt };
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new CartwayError("store_unavailable", { cause, internal: `hub tickets: ${String(cause)}` });
  }
}
