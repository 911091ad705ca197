import { STATUS_CODES } from "node:http";
import { expect, test } from "bun:test";
import { reasonPhrases } from "./reason-phrases.ts";

test("the reason phrases are those of the runtime", () => {
  expect<object>(reasonPhrases).toEqual(STATUS_CODES);
});
