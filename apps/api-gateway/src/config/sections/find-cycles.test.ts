import { expect, test } from "bun:test";
import { findCycles } from "./find-cycles.ts";

const cycles = (edges: Readonly<Record<string, string>>) =>
  Object.fromEntries(findCycles(Object.keys(edges), (name) => edges[name]));

test("a cycle is reported once, starting at its first name, without the paths that lead into it", () => {
  expect(cycles({ lead: "c", c: "b", b: "a", a: "c", other: "lead" })).toEqual({ a: ["a", "c", "b"] });
  expect(cycles({ own: "own", x: "y", y: "x" })).toEqual({ own: ["own"], x: ["x", "y"] });
});

test("converging paths without a cycle are accepted", () => {
  expect(cycles({ a: "c", b: "c", c: "d", e: "nowhere" })).toEqual({});
});

test("each name is visited once, however many paths lead to it", () => {
  const asked: string[] = [];
  const count = 5000;
  findCycles(
    Array.from({ length: count }, (_, index) => `s${index}`),
    (name) => {
      asked.push(name);
      const next = Number(name.slice(1)) + 1;
      return next < count ? `s${next}` : undefined;
    },
  );
  expect([asked.length, new Set(asked).size]).toEqual([count, count]);
});
