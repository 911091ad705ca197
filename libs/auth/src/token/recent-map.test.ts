import { expect, test } from "bun:test";
import { RecentMap } from "./recent-map.ts";

test("it never grows beyond its capacity", () => {
  const map = new RecentMap<number>(1000);
  for (let index = 0; index < 100_000; index += 1) {
    map.set(`k${index}`, index);
    if (map.size > 1000) throw new Error(`size ${map.size}`);
  }
  expect(map.get("k99999")).toBe(99_999);
  expect(map.get("k1")).toBeUndefined();
});

test("recently used entries survive a flood", () => {
  const map = new RecentMap<number>(100);
  map.set("used", 1);
  for (let index = 0; index < 10_000; index += 1) {
    map.set(`k${index}`, index);
    if (index % 20 === 0) expect(map.get("used")).toBe(1);
  }
});

test("deleting and clearing affect both generations", () => {
  const map = new RecentMap<number>(4);
  for (const key of ["a", "b", "c"]) map.set(key, 1);
  map.delete("a");
  expect(map.get("a")).toBeUndefined();
  expect(map.get("c")).toBe(1);
  map.clear();
  expect([map.get("b"), map.get("c"), map.size]).toEqual([undefined, undefined, 0]);
  expect(() => new RecentMap(1)).toThrow(RangeError);
});
