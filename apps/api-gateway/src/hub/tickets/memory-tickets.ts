import { CartwayError } from "@libs/errors";
import type { Principal } from "../../model/identity/principal.ts";
import { createTicketText, ticketMs, type TicketStore } from "./ticket-store.ts";

export interface MemoryTicketsOptions {
  readonly now: () => number;
  /** Maximum of unredeemed tickets; 100,000 by default. */
  readonly ticketsMax?: number;
}

/** Tickets in this process. */
export function createMemoryTickets({ now, ticketsMax = 100_000 }: MemoryTicketsOptions): TicketStore {
  const tickets = new Map<string, { readonly principal: Principal; readonly expiresAt: number }>();

  function forgetExpired(): void {
    for (const [ticket, { expiresAt }] of tickets) {
      if (expiresAt > now()) return;
      tickets.delete(ticket);
    }
  }

  return {
    async issue(principal) {
      forgetExpired();
      if (tickets.size >= ticketsMax) throw new CartwayError("overloaded");
      const ticket = createTicketText();
      const expiresAt = now() + ticketMs;
      tickets.set(ticket, { principal, expiresAt });
      return { ticket, expiresAt };
    },
    async redeem(ticket) {
      const known = tickets.get(ticket);
      tickets.delete(ticket);
      if (known === undefined || known.expiresAt <= now()) return null;
      return { principal: known.principal, issuedAt: known.expiresAt - ticketMs };
    },
  };
}
