import type { Principal } from "../../model/identity/principal.ts";

/** A credential for one upgrade. Browsers cannot set headers on a WebSocket, and long-lived tokens must not be in URLs. */
export interface Ticket {
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Implementations pass `ticket-store.contract.ts`. */
export interface TicketStore {
  /** Rejects with `store_unavailable`, or `overloaded` above the maximum of unredeemed tickets. */
  issue(principal: Principal): Promise<Ticket>;
  /** Redeems a ticket: of several calls with the same ticket one gets the principal, the others `null`. */
  redeem(ticket: string): Promise<RedeemedTicket | null>;
}

export interface RedeemedTicket {
  readonly principal: Principal;
  /** When its owner authenticated, milliseconds since the epoch. */
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
