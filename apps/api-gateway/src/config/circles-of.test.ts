import { expect, test } from "bun:test";
import { circlesOf } from "./circles-of.ts";

const circles = (ways: Readonly<Record<string, string>>) =>
  Object.fromEntries(circlesOf(Object.keys(ways), (name) => ways[name]));

test("a circle is told once, from its first name on, and ways that lead into one are none", () => {
  expect(circles({ lead: "c", c: "b", b: "a", a: "c", other: "lead" })).toEqual({ a: ["a", "c", "b"] });
  expect(circles({ own: "own", x: "y", y: "x" })).toEqual({ own: ["own"], x: ["x", "y"] });
});

test("ways that end are no circles, wherever they meet", () => {
  expect(circles({ a: "c", b: "c", c: "d", e: "nowhere" })).toEqual({});
});

test("each name is asked once, however many ways lead through it", () => {
  const asked: string[] = [];
  const count = 5000;
  circlesOf(
    Array.from({ length: count }, (_, index) => `s${index}`),
    (name) => {
      asked.push(name);
      const next = Number(name.slice(1)) + 1;
      return next < count ? `s${next}` : undefined;
    },
  );
  expect([asked.length, new Set(asked).size]).toEqual([count, count]);
});
