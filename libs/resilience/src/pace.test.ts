import { expect, test } from "bun:test";
import { Pace } from "./pace.ts";

test("work goes on within its slice, and after it the event loop turns first", async () => {
  expect(new Pace(Number.POSITIVE_INFINITY).turn()).toBeNull();
  let turned = false;
  setImmediate(() => (turned = true));
  const turn = new Pace(0).turn();
  expect(turned).toBe(false);
  await turn;
  expect(turned).toBe(true);
});
