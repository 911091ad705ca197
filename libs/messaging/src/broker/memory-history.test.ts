import { expect, test } from "bun:test";
import { MemoryHistory } from "./memory-history.ts";

test("expired texts are freed, even in channels that are never read again", () => {
  let now = 0;
  const history = new MemoryHistory(10_000, () => now);
  const options = { sizeMax: 10, ttlMs: 1000 };
  for (let index = 0; index < 1000; index++) history.append(`room:${index}`, "text", options);
  expect(history.held).toBe(1000);
  now = 1000;
  for (let index = 0; index < 1100; index++) history.append("room:busy", "text", options);
  expect(history.held).toBe(10);
});

test("reading positions of unknown channels takes no room and evicts none", () => {
  const history = new MemoryHistory(2, () => 0);
  const first = history.append("room:kept", "text", { sizeMax: 10, ttlMs: 1000 });
  for (let index = 0; index < 1000; index++) history.read(`room:${index}`, null, 0);
  history.append("room:other", "text", { sizeMax: 10, ttlMs: 1000 });
  expect(history.read("room:kept", { ...first, offset: 0 }, 10).complete).toBe(true);
});
