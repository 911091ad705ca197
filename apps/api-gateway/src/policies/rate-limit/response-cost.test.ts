import { expect, test } from "bun:test";
import { HeaderList } from "../../model/header-list.ts";
import { readResponseCost } from "./response-cost.ts";

const answer = (body: Uint8Array | string | null, headers: readonly string[] = []) => ({
  status: 200,
  body,
  headers: new HeaderList([...headers]),
});

test("bytes are those of the body, or those declared for a stream", () => {
  expect(readResponseCost(answer(new Uint8Array(5)), "bytes")).toBe(5);
  expect(readResponseCost(answer("é"), "bytes")).toBe(2);
  expect(readResponseCost(answer(null, ["content-length", "7"]), "bytes")).toBe(7);
  expect(readResponseCost(answer(null, ["content-length", "7, 7"]), "bytes")).toBe(0);
  expect(readResponseCost(answer(null), "bytes")).toBe(0);
});

test("a header counts only where it is a plain number", () => {
  const cost = (text: string) => readResponseCost(answer(null, ["x-tokens", text]), { header: "x-tokens" });
  expect(["12", "0.5", "-1", "1e9", "Infinity", "", "12 "].map(cost)).toEqual([12, 0.5, 0, 0, 0, 0, 0]);
});
