import { expect, test } from "bun:test";
import { setNewest } from "./set-newest.ts";

test("beyond the maximum the entry goes that was set longest ago", () => {
  const map = new Map([["a", 1]]);
  setNewest(map, "b", 2, 2);
  setNewest(map, "a", 3, 2);
  setNewest(map, "c", 4, 2);
  expect([...map]).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
});
