import { describe, expect, test } from "bun:test";
import { principalOf } from "../../../test/hub/start-hub.ts";
import { ticketMs, type TicketStore } from "./ticket-store.ts";

/** The guarantees of every ticket store. */
export function describeTicketStore(name: string, open: () => TicketStore): void {
  describe(name, () => {
    test("a ticket can be redeemed once, for its complete principal", async () => {
      const store = open();
      const principal = principalOf("ana", { roles: ["admin"], claims: { email: "a@b" } });
      const { ticket, expiresAt } = await store.issue(principal);
      const answers = await Promise.all([store.redeem(ticket), store.redeem(ticket), store.redeem(ticket)]);
      expect(answers.filter((answer) => answer !== null)).toEqual([
        { principal, issuedAt: expiresAt - ticketMs },
      ]);
      expect(await store.redeem(ticket)).toBeNull();
    });

    test("an invalid ticket redeems nothing", async () => {
      for (const text of ["", "x", "a".repeat(32), "a".repeat(10_000)])
        expect(await open().redeem(text)).toBeNull();
    });

    test("tickets are unguessable and unique", async () => {
      const store = open();
      const issued = await Promise.all(Array.from({ length: 100 }, () => store.issue(principalOf("ana"))));
      expect(new Set(issued.map(({ ticket }) => ticket)).size).toBe(100);
      expect(issued.every(({ ticket }) => ticket.length >= 32)).toBe(true);
    });
  });
}
