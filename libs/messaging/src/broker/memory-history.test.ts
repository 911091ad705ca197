import { expect, test } from "bun:test";
import { MemoryHistory } from "./memory-history.ts";

test("texts whose time is over are let go of, also of channels that nobody asks for again", () => {
  let now = 0;
  const history = new MemoryHistory(10_000, () => now);
  const options = { sizeMax: 10, ttlMs: 1000 };
  for (let index = 0; index < 1000; index++) history.append(`room:${index}`, "text", options);
  expect(history.held).toBe(1000);
  now = 1000;
  for (let index = 0; index < 1100; index++) history.append("room:busy", "text", options);
  expect(history.held).toBe(10);
});
