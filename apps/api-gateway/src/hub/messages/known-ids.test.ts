import { expect, test } from "bun:test";
import { KnownIds } from "./known-ids.ts";

test("the same id with another payload is a conflict, also after it was acknowledged", () => {
  const ids = new KnownIds(10, 1000);
  expect(ids.check("a", 0, 0)).toBe("new");
  expect(ids.check("a", 0, 1)).toBe("under-way");
  expect(ids.check("a", 2, 1)).toBe("conflict");
  ids.acknowledge("a", 0);
  expect(ids.check("a", 0, 2)).toBe("acknowledged");
  expect(ids.check("a", 2, 2)).toBe("conflict");
});

test("a refused id can be used again", () => {
  const ids = new KnownIds(10, 1000);
  ids.check("a", 1, 0);
  ids.forget("a");
  expect(ids.check("a", 2, 0)).toBe("new");
});

test("size and time are bounded: an id is forgotten after two periods or two generations", () => {
  const ids = new KnownIds(10, 1000);
  ids.check("a", 1, 0);
  expect(ids.check("a", 1, 1500)).toBe("under-way");
  expect(ids.check("a", 1, 5000)).toBe("new");
  for (let index = 0; index < 100; index++) ids.check(`k${index}`, 1, 5000);
  expect(ids.size).toBeLessThanOrEqual(20);
  expect(ids.check("a", 1, 5000)).toBe("new");
});
