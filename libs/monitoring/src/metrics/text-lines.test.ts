import { expect, test } from "bun:test";
import { TextLines } from "./text-lines.ts";

const start = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (chunks: readonly Uint8Array[]): string => Buffer.concat(chunks).toString();

test("values stand behind what is before them, one to a line", () => {
  const lines = new TextLines();
  lines.addText("# a comment");
  for (const value of [0, 12, -3, 0.25, 1e21, 5e-324, Number.NaN, Infinity, -Infinity])
    lines.add(start('é{a="ü"} '), value);
  expect(textOf(lines.takeRest()).split("\n")).toEqual([
    "# a comment",
    ...["0", "12", "-3", "0.25", "1e+21", "5e-324", "NaN", "+Inf", "-Inf"].map(
      (value) => `é{a="ü"} ${value}`,
    ),
    "",
  ]);
});

test("no line is cut where a chunk ends, even one that is longer than a chunk", () => {
  const lines = new TextLines();
  const long = "x".repeat(20_000);
  const full: Uint8Array[] = [];
  for (let index = 0; index < 2000; index += 1) {
    lines.add(start(index === 1000 ? long : `series_${index} `), index);
    full.push(...lines.takeFull());
  }
  lines.addText(long);
  const all = [...full, ...lines.takeRest()];
  for (const chunk of all) expect(chunk.at(-1)).toBe(10);
  expect(textOf(all).split("\n")).toHaveLength(2002);
  expect(all.filter(({ length }) => length > 16_384)).toHaveLength(2);
  expect(lines.takeRest()).toEqual([]);
});

test("a chunk that was taken does not change any more", () => {
  const lines = new TextLines();
  lines.add(start("a "), 1);
  const [taken] = lines.takeRest();
  lines.add(start("b "), 2);
  expect(taken === undefined ? "" : textOf([taken])).toBe("a 1\n");
});
