import type { Principal } from "../../model/identity/principal.ts";

/** A credential for one upgrade. Browsers cannot set headers on a WebSocket, and a URL is no place for a token that lasts. */
export interface Ticket {
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Held to one contract suite, `ticket-store.contract.ts`. */
export interface TicketStore {
  /** Rejects with `store_unavailable`, or `overloaded` where too many are unredeemed. */
  issue(principal: Principal): Promise<Ticket>;
  /** Of any number of callers with the same ticket one gets the principal, all others `null`. */
  redeem(ticket: string): Promise<RedeemedTicket | null>;
}

export interface RedeemedTicket {
  readonly principal: Principal;
  /** When its owner proved who they are, milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** 30 s: from the page's request to its upgrade, on a slow phone. */
export const ticketMs = 30_000;

/** 192 random bits. */
export function createTicketText(): string {
  return crypto.getRandomValues(Buffer.alloc(24)).toString("base64url");
}

export function isTicketText(text: string): boolean {
  return /^[A-Za-z0-9_-]{32}$/.test(text);
}
