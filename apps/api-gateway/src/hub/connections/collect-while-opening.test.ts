import { expect, test } from "bun:test";
import { collectWhileOpening } from "./collect-while-opening.ts";

test("young garbage is collected once per 256 opened connections", () => {
  const collectedAt: number[] = [];
  for (let made = 1; made <= 600; made += 1) collectWhileOpening(made, () => collectedAt.push(made));
  expect(collectedAt).toEqual([256, 512]);
});
