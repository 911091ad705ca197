import { createHash } from "node:crypto";
import { CartwayError } from "@libs/errors";
import type { Redis } from "ioredis";
import type { Principal } from "../../model/principal.ts";
import { createTicketText, isTicketText, ticketMs, type TicketStore } from "./ticket-store.ts";

export interface RedisTicketsOptions {
  readonly redis: Pick<Redis, "set" | "getdel">;
  readonly now: () => number;
  /** `cartway:ticket:` by default. */
  readonly prefix?: string;
}

/** Tickets on Redis, kept under their digest: who reads the store gets no ticket out of it. */
export function createRedisTickets({
  redis,
  now,
  prefix = "cartway:ticket:",
}: RedisTicketsOptions): TicketStore {
  const keyOf = (ticket: string): string => prefix + createHash("sha256").update(ticket).digest("base64url");
  return {
    async issue(principal) {
      const ticket = createTicketText();
      // JSON has no Infinity: `null` stands for a credential without an end
      const text = JSON.stringify(principal);
      await clearly(() => redis.set(keyOf(ticket), text, "PX", ticketMs, "NX"));
      return { ticket, expiresAt: now() + ticketMs };
    },
    async redeem(ticket) {
      if (!isTicketText(ticket)) return null;
      const text = await clearly(() => redis.getdel(keyOf(ticket)));
      return text === null ? null : readPrincipal(text);
    },
  };
}

/** Written by `issue` alone: the store is trusted as every store of the platform is. */
function readPrincipal(text: string): Principal {
  const principal: Principal = JSON.parse(text);
  const expiresAt: unknown = principal.expiresAt;
  return { ...principal, expiresAt: typeof expiresAt === "number" ? expiresAt : Number.POSITIVE_INFINITY };
}

async function clearly<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new CartwayError("store_unavailable", { cause, internal: `hub tickets: ${String(cause)}` });
  }
}
