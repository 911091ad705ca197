import { expect, test } from "bun:test";
import { SharedPool } from "./shared-pool.ts";

test("equal requests share one entry, which is closed once, when its last user releases it", () => {
  const ended: string[] = [];
  const pool = new SharedPool<{ name: string }>(({ name }) => void ended.push(name));
  const first = pool.acquire("a", () => ({ name: "first" }));
  const second = pool.acquire("a", () => ({ name: "never made" }));
  const other = pool.acquire("b", () => ({ name: "other" }));
  expect(second.value).toBe(first.value);
  expect(pool.all().map(({ name }) => name)).toEqual(["first", "other"]);
  for (const _again of [1, 2, 3]) first.release();
  expect(ended).toEqual([]);
  second.release();
  expect(ended).toEqual(["first"]);
  expect(pool.acquire("a", () => ({ name: "anew" })).value.name).toBe("anew");
  other.release();
  expect(ended).toEqual(["first", "other"]);
});

test("an entry that cannot be created is not kept", () => {
  const pool = new SharedPool<number>(() => undefined);
  const fail = (): number => {
    throw new TypeError("no Redis");
  };
  expect(() => pool.acquire("a", fail)).toThrow("no Redis");
  expect(pool.acquire("a", () => 1).value).toBe(1);
});
