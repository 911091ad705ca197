import { afterAll, beforeEach, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import { openSql } from "../../test/open-sql.ts";
import type { Sql } from "@libs/database";
import { ChangeFeed } from "./change-feed.ts";
import { prune } from "./prune.ts";
import { type Change, recordChange } from "./record-change.ts";

const sql = await openSql();
const now = Date.now();
afterAll(() => sql.close());
beforeEach(async () => {
  await sql.query("truncate auth_changes");
});

function create(store: Sql = sql, pollMs = 5) {
  const changes = createEventLog<Change>();
  const errors = createEventLog<unknown>();
  const feed = new ChangeFeed({
    sql: store,
    now: () => now,
    pollMs,
    historyMs: 60_000,
    onError: errors.push,
  });
  feed.on("session", changes.push);
  return { feed, changes, errors };
}

const session = (subject: string): Change => ({ kind: "session", subject, value: 0 });

test("another instance's change arrives by polling", async () => {
  const { feed, changes } = create();
  await feed.start();
  await recordChange(sql, session("s1"), now);
  expect(await changes.next()).toMatchObject({ subject: "s1" });
  await feed.stop();
});

test("changes beyond a page arrive once each and in order", async () => {
  const { feed, changes } = create(sql, 60_000);
  await sql.transaction(async (inner) => {
    for (let index = 0; index < 1201; index += 1) await recordChange(inner, session(String(index)), now);
  });
  await feed.sync();
  await feed.sync();
  expect(changes.all.map((change) => change.subject)).toEqual(
    Array.from({ length: 1201 }, (_, index) => String(index)),
  );
  expect(feed.syncedAt).toBe(now);
});

test("a starting instance reads the recent past only", async () => {
  await recordChange(sql, session("old"), now - 60_001);
  await recordChange(sql, session("recent"), now - 59_000);
  const { feed, changes } = create(sql, 60_000);
  await feed.start();
  expect(changes.all.map((change) => change.subject)).toEqual(["recent"]);
  await feed.stop();
});

test("polling continues after failures, and no change is missed", async () => {
  let broken = false;
  const flaky: Sql = {
    query: (text, params) => (broken ? Promise.reject(new Error("gone")) : sql.query(text, params)),
    transaction: (work) => sql.transaction(work),
  };
  const { feed, changes, errors } = create(flaky);
  await feed.start();
  broken = true;
  await errors.next();
  await recordChange(sql, session("meanwhile"), now);
  broken = false;
  expect(await changes.next()).toMatchObject({ subject: "meanwhile" });
  await feed.stop();
});

test("a store that went back, as after a failover, is read anew: what it records from then on is not missed", async () => {
  const { feed, changes } = create(sql, 60_000);
  let gaps = 0;
  feed.onGap(() => (gaps += 1));
  await recordChange(sql, session("kept"), now);
  await recordChange(sql, session("lost"), now);
  await feed.sync();
  await sql.query("delete from auth_changes where subject = 'lost'");
  await sql.query("update auth_change_counter set revision = revision - 1");
  await feed.sync();
  await recordChange(sql, session("after"), now);
  await feed.sync();
  expect(gaps).toBe(1);
  expect(changes.all.map((change) => change.subject)).toEqual(["kept", "lost", "kept", "after"]);
});

test("a change that is rolled back is never reported", async () => {
  const { feed, changes } = create(sql, 60_000);
  const failing = sql.transaction(async (inner) => {
    await recordChange(inner, session("undone"), now);
    throw new Error("rolled back");
  });
  await failing.catch(() => null);
  await recordChange(sql, session("done"), now);
  await feed.sync();
  expect(changes.all.map((change) => change.subject)).toEqual(["done"]);
});

test("expired entries are pruned, others are kept", async () => {
  await recordChange(sql, session("old"), now - 100_000);
  await recordChange(sql, session("new"), now);
  await prune(sql, now, 50_000);
  expect(await sql.query<Change>("select subject from auth_changes")).toEqual([
    expect.objectContaining({ subject: "new" }),
  ]);
});
