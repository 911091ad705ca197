import { expect, test } from "bun:test";
import type { ClickHouseClient } from "@libs/database";
import { readTrainingSessions } from "./training-data.ts";

const window = { nowMs: 0, quietMs: 0, sessionsMax: 10 };

function failingWith(type: string): ClickHouseClient {
  return {
    query: () => Promise.reject(Object.assign(new Error("the query failed"), { type })),
  } as unknown as ClickHouseClient;
}

test("there are no training sessions before ingestion has created its table", async () => {
  expect(await readTrainingSessions(failingWith("UNKNOWN_TABLE"), window)).toEqual([]);
});

test("any other failure of the query is passed on", async () => {
  await expect(readTrainingSessions(failingWith("NETWORK_ERROR"), window)).rejects.toThrow(
    "the query failed",
  );
});
