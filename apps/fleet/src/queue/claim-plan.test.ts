import { expect, test } from "bun:test";
import { openEmbeddedSql } from "../../test/support/open-sql.ts";
import { createTableClaims } from "../commands/claims.ts";

const long = 60_000;
/** So many times PostgreSQL looks at the values before it decides whether a plan is good for all of them. */
const looksMax = 5;
const rounds = 60;

test(
  "a claim reuses its query plan for any number of devices",
  async () => {
    const opened = await openEmbeddedSql();
    const { sql } = opened;
    try {
      const claims = createTableClaims(sql);
      const ask = () =>
        claims.make({
          deviceId: crypto.randomUUID(),
          nowMs: Date.now(),
          max: 10,
          claimDigest: crypto.randomUUID(),
          visibilityMs: 30_000,
        });
      for (let round = 0; round < rounds; round += 1)
        await Promise.all(Array.from({ length: 1 + (round % 3) }, ask));
      const [plans] = await sql.query<{ custom: number; generic: number }>(
        "select custom_plans as custom, generic_plans as generic from pg_prepared_statements where name = 'fleet_claim'",
      );
      expect(plans?.custom).toBeLessThanOrEqual(looksMax);
      expect(plans?.generic).toBeGreaterThanOrEqual(rounds - looksMax);
    } finally {
      await opened.close();
    }
  },
  long,
);
