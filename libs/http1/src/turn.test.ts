import { expect, test } from "bun:test";
import { setImmediate } from "node:timers/promises";
import { Turn } from "./turn.ts";

test("what is put off is done in its order once the turn ends, and what is put off meanwhile in the next one", async () => {
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
