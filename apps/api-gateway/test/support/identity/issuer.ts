import { afterAll, afterEach, beforeEach } from "bun:test";
import { createTestKey, type TestKey } from "@libs/auth/testing";
import type { ManualClock } from "@libs/testing";
import { createIdentityFixture, type IdentityFixture, type WrittenIdentity } from "./identity-fixture.ts";
import { IdentityServer } from "./identity-server.ts";

/** Identities and an issuer for the tests of a file; each test gets a new issuer, an hour after the previous one. */
export async function createIssuedIdentities(): Promise<{ fixture: IdentityFixture; issuer: Issuer }> {
  const fixture = await createIdentityFixture();
  const issuer = new Issuer(fixture.clock);
  beforeEach(async () => {
    await issuer.renew();
    fixture.failures.length = 0;
  });
  afterEach(() => fixture.clock.advance(3_600_000));
  afterAll(async () => {
    await issuer.stop();
    await fixture.close();
  });
  return { fixture, issuer };
}

/** An identity server and its tokens' claims, new for each test. */
class Issuer {
  readonly #clock: ManualClock;
  server = new IdentityServer();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** Valid claims, changed by the test. */
  claims(extra: object = {}): Readonly<Record<string, unknown>> {
    return { iss: this.server.url, aud: "shop", sub: "u1", exp: this.seconds() + 600, ...extra };
  }

  oidc(extra: object = {}): WrittenIdentity {
    return { type: "oidc", issuer: this.server.url, audience: "shop", ...extra };
  }

  key(): TestKey {
    return this.server.keys[0] ?? createTestKey("none");
  }

  async renew(): Promise<void> {
    await this.stop();
    this.server = new IdentityServer();
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}
