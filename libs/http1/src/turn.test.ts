import { expect, test } from "bun:test";
import { setImmediate } from "node:timers/promises";
import { Turn } from "./turn.ts";

test("deferred work runs in order at the end of the turn, and work deferred meanwhile in the next one", async () => {
  const turn = new Turn();
  const done: string[] = [];
  const once = (name: string) => ({ endTurn: () => void done.push(name) });
  turn.defer(once("first"));
  turn.defer({
    endTurn() {
      done.push("second");
      turn.defer(once("third"));
    },
  });
  expect(done).toEqual([]);
  await setImmediate();
  expect(done).toEqual(["first", "second"]);
  await setImmediate();
  expect(done).toEqual(["first", "second", "third"]);
});
