import { expect, test } from "bun:test";
import type { Sql } from "@libs/database";
import { SessionTouches } from "./session-touches.ts";

test("a session whose activity could not be written is written with the next batch", async () => {
  const written: unknown[] = [];
  let isAway = true;
  const sql: Pick<Sql, "query"> = {
    query: (_, [sessions] = []) => {
      if (isAway) return Promise.reject(new Error("PostgreSQL is away"));
      written.push(sessions);
      return Promise.resolve([]);
    },
  };
  const touches = new SessionTouches(sql, Date.now);
  const seen = (sessionId: string) =>
    touches.note([
      {
        sequence: 1,
        event: { id: "e", type: "view_page", sessionId, occurredAtMs: 0, contentHash: 0, contentChars: 0 },
      },
    ]);
  seen("s-1");
  await expect(touches.write()).rejects.toThrow("away");
  isAway = false;
  seen("s-2");
  await touches.write();
  await touches.write();
  expect(written).toEqual([["s-1", "s-2"]]);
});
