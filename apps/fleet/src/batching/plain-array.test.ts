import { afterAll, beforeAll, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import { openSql, type TestSql } from "../../test/support/open-sql.ts";
import { plainArray, timeArray } from "./plain-array.ts";

let opened: TestSql;
beforeAll(async () => {
  opened = await openSql();
}, openingLimitMs);
afterAll(() => opened.close());

test("ids, numbers, strings and times reach PostgreSQL unchanged, also as an empty array", async () => {
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  const at = [new Date(1_767_225_600_123), new Date(0)];
  const [row] = await opened.sql.query(
    "select $1::uuid[] as ids, $2::bigint[] as numbers, $3::text[] as words, $4::timestamptz[] as at, $5::text[] as none",
    [
      plainArray(ids),
      plainArray([1, 2 ** 41]),
      plainArray(["queued", "a0ff"]),
      timeArray(at),
      plainArray([]),
    ],
  );
  expect(row).toEqual({ ids, numbers: ["1", String(2 ** 41)], words: ["queued", "a0ff"], at, none: [] });
});
