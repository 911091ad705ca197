import { expect, test } from "bun:test";
import { pick } from "@libs/testing";
import { openSql } from "../../test/support/open-sql.ts";
import { claimText, claimValues, createPostgreSQLQueue } from "./postgresql-queue.ts";

const long = 60_000;

/** Pages of the database that one claim touches, whatever the machine's speed. */
test(
  "a claim reads no more pages with 100,000 queued commands than with 10",
  async () => {
    const { sql, close } = await openSql().then((opened) => ({
      sql: opened.sql,
      close: () => opened.close(),
    }));
    try {
      const queue = createPostgreSQLQueue(sql);
      const nowMs = Date.now();
      const fill = async (deviceId: string, size: number): Promise<void> => {
        const entries = Array.from({ length: size }, (_, index) => ({
          commandId: Bun.randomUUIDv7(),
          deviceId,
          priority: index % 10,
          createdAtMs: nowMs + index,
          deadlineMs: nowMs + 3_600_000,
          attemptsMax: 5,
        }));
        for (let start = 0; start < size; start += 10_000)
          await queue.put(entries.slice(start, start + 10_000));
      };
      const pages = async (deviceId: string): Promise<number> => {
        const claimDigest = crypto.randomUUID();
        const values = claimValues([{ deviceId, nowMs, max: 1, claimDigest, visibilityMs: 30_000 }]);
        const [row] = await sql.query<{ "QUERY PLAN": unknown }>(
          `explain (analyze, buffers, timing off, format json) ${claimText}`,
          values,
        );
        const plan = pick(row?.["QUERY PLAN"], 0, "Plan");
        expect(JSON.stringify(plan)).toContain("fleet_queue_in_order");
        return Number(pick(plan, "Shared Hit Blocks")) + Number(pick(plan, "Shared Read Blocks"));
      };
      const [few, many] = [crypto.randomUUID(), crypto.randomUUID()];
      await fill(few, 10);
      await fill(many, 100_000);
      await pages(few);
      // a level or two more of the index tree, and its root's siblings
      expect(await pages(many)).toBeLessThan((await pages(few)) + 10);
    } finally {
      await close();
    }
  },
  long,
);
