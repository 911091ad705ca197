import { describe, expect, test } from "bun:test";
import { present } from "../../test/support/identity/identity-fixture.ts";
import { principalOf } from "../../test/support/identity/principal-of.ts";
import type { Authentication, AuthScheme } from "../model/identity/authentication.ts";
import { combineIdentities } from "./combine-identities.ts";
import type { Identity } from "./identity.ts";

function authenticated(identity: string): Extract<Authentication, { outcome: "authenticated" }> {
  return { outcome: "authenticated", principal: principalOf("ana", { identity }) };
}

interface Knowledge {
  readonly cached: boolean;
  readonly answer?: Authentication;
}

/** Knows every caller; `cached` without being asked. */
function identityOf(
  name: string,
  scheme: AuthScheme,
  { cached, answer = authenticated(name) }: Knowledge,
): Identity {
  return {
    scheme,
    recall: () => (cached && answer.outcome === "authenticated" ? answer : null),
    authenticate: () => answer,
  };
}

describe("of several identities that know the caller by different credentials", () => {
  test("the first decides also while only the second has the caller in its cache", () => {
    const token = identityOf("users", "bearer", { cached: false });
    for (const scheme of ["certificate", "service", "key", "basic"] as const) {
      const other = identityOf("other", scheme, { cached: true });
      expect(combineIdentities([token, other])(present({}))).toEqual(authenticated("users"));
      expect(combineIdentities([other, token])(present({}))).toEqual(authenticated("other"));
    }
  });

  const expired: Authentication = { outcome: "rejected", identity: "users", reason: "expired" };
  const answering = (answer: Authentication) => identityOf("users", "bearer", { cached: false, answer });

  test("the second decides where the first finds no credential, or a wrong one", () => {
    const keys = identityOf("keys", "key", { cached: true });
    for (const answer of [{ outcome: "absent" } as const, expired])
      expect(combineIdentities([answering(answer), keys])(present({}))).toEqual(authenticated("keys"));
  });

  test("a machine's certificate does not stand in for its user's token that is wrong or cannot be verified", () => {
    const unknown = { outcome: "rejected", identity: "other mesh", reason: "unknown_authority" } as const;
    const others = identityOf("other mesh", "certificate", { cached: false, answer: unknown });
    for (const cached of [true, false]) {
      const mesh = identityOf("mesh", "certificate", { cached });
      for (const answer of [expired, { outcome: "unavailable", identity: "users" } as const])
        expect(combineIdentities([answering(answer), others, mesh])(present({}))).toEqual(answer);
      const notice = { status: 302, fields: [], body: new Uint8Array(), hadCredentials: false };
      const asked = { outcome: "turned_away", identity: "users", notice } as const;
      for (const answer of [{ outcome: "absent" } as const, asked])
        expect(combineIdentities([answering(answer), others, mesh])(present({}))).toEqual(
          authenticated("mesh"),
        );
    }
  });
});

test("a cached token is verified by no other identity before", () => {
  const first: Identity = {
    scheme: "bearer",
    recall: () => null,
    authenticate() {
      throw new Error("the first was asked");
    },
  };
  const second = identityOf("second", "bearer", { cached: true });
  expect(combineIdentities([first, second])(present({}))).toEqual(authenticated("second"));
});
