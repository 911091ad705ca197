import { expect, test } from "bun:test";
import { heldBytes } from "@libs/testing";
import { ownText } from "./own-text.ts";

const headBytes = 15_000;
const heads = 1000;

/** Bytes that are kept with a piece of each of many heads. */
function keptWith(keep: (piece: string) => string): number {
  const before = heldBytes();
  const kept: string[] = [];
  for (let index = 0; index < heads; index += 1)
    kept.push(keep(Buffer.alloc(headBytes, `head ${index} `).toString("latin1").slice(100, 160)));
  const after = heldBytes();
  expect(kept).toHaveLength(heads);
  return after - before;
}

test("a string kept from a head does not retain the head", () => {
  expect(keptWith((piece) => piece)).toBeGreaterThan((heads * headBytes) / 2);
  expect(keptWith(ownText)).toBeLessThan((heads * headBytes) / 10);
});

test("every character that is a byte stays what it is", () => {
  const all = Buffer.from(Uint8Array.from({ length: 256 }, (_, code) => code)).toString("latin1");
  expect(ownText(all)).toBe(all);
  expect(ownText("")).toBe("");
});
