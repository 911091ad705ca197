import { type AuthFixture, createAuthFixture, openSql, type TestSql } from "@libs/auth/testing";
import { InProcessLimiter } from "@libs/rate-limit";
import { createManualClock, type ManualClock } from "@libs/testing";
import { fillDefaults } from "../../../src/config/fill-defaults.ts";
import { createIdentities, type Identities } from "../../../src/identity/create-identities.ts";
import type { IdentityDeps } from "../../../src/identity/identity.ts";
import { type IdentityEntry, IdentityPool } from "../../../src/identity/identity-pool.ts";
import { PresentedCredentials } from "../../../src/identity/presented-credentials.ts";
import { identityTypes } from "../../../src/identity/registry.ts";
import type { DeviceSession } from "../../../src/model/identity/device-sessions.ts";

/** For identities that call no service, with limits in process. */
export const standIns: Pick<IdentityDeps, "services" | "createLimiter"> = {
  services: () => ({ call: (service) => Promise.reject(new Error(`there is no service ${service}`)) }),
  createLimiter: (_name, rates) =>
    new InProcessLimiter({ rates, keysMax: 100, monotonicNow: () => performance.now() }),
};

/** A config entry as somebody writes it. */
export interface WrittenIdentity {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A config entry with its defaults filled in. */
export function withDefaults(name: string, { type, ...fields }: WrittenIdentity): IdentityEntry {
  const registered = identityTypes[type];
  if (registered === undefined) throw new Error(`no identity type ${type}`);
  return { name, type, config: fillDefaults(registered.schema, fields) };
}

export interface IdentityFixture extends AuthFixture {
  readonly sql: TestSql;
  readonly devices: Map<string, DeviceSession>;
  readonly failures: string[];
  fleetDown: boolean;
  create(configs: Readonly<Record<string, WrittenIdentity>>): Identities;
  close(): Promise<void>;
}

/** The platform's own identity on a database, and whatever identities a test wants beside it. */
export async function createIdentityFixture(
  clock: ManualClock = createManualClock(Date.now()),
): Promise<IdentityFixture> {
  const sql = await openSql();
  const fixture = createAuthFixture(sql, {}, clock);
  await fixture.auth.start();
  const devices = new Map<string, DeviceSession>();
  const failures: string[] = [];
  const made: IdentityFixture = {
    ...fixture,
    sql,
    devices,
    failures,
    fleetDown: false,
    create(configs) {
      const pool = new IdentityPool({
        auth: fixture.auth,
        devices: {
          async find(token) {
            if (made.fleetDown) throw new Error("the fleet service is away");
            return devices.get(token) ?? null;
          },
        },
        ...standIns,
        now: clock.now,
        fetch,
        readSecret: (reference) => ("env" in reference ? `${reference.env}-`.repeat(8) : ""),
        onAnswer: () => undefined,
        onFailure: (identity, error) => failures.push(`${identity}: ${String(error)}`),
      });
      return createIdentities(
        Object.entries(configs).map(([name, config]) => withDefaults(name, config)),
        pool,
      );
    },
    async close() {
      await fixture.auth.stop();
      await sql.close();
    },
  };
  return made;
}

export interface Presented {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly tokenParameter?: string;
}

export function present({ headers = {}, query = "", tokenParameter }: Presented): PresentedCredentials {
  return new PresentedCredentials({
    headers: new Headers(headers),
    query,
    tokenParameter: tokenParameter ?? null,
    isPeerTrusted: false,
  });
}

export const bearer = (token: string) => present({ headers: { authorization: `Bearer ${token}` } });
