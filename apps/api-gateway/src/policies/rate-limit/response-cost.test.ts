import { expect, test } from "bun:test";
import { HeaderList } from "../../model/http/header-list.ts";
import { readResponseCost } from "./response-cost.ts";

type Body = Uint8Array | string | ReadableStream<Uint8Array> | null;
const answer = (body: Body, headers: readonly string[] = []) => ({
  status: 200,
  body,
  headers: new HeaderList([...headers]),
});
const bytesOf = (...args: Parameters<typeof answer>) => readResponseCost(answer(...args), "bytes", "GET");

test("bytes are the body's, or those declared for a stream", () => {
  expect(bytesOf(new Uint8Array(5))).toBe(5);
  expect(bytesOf("é")).toBe(2);
  expect(bytesOf(new ReadableStream(), ["content-length", "7"])).toBe(7);
  expect(bytesOf(null)).toBe(0);
});

test("a stream without a valid length is charged after it was sent", () => {
  expect(bytesOf(new ReadableStream())).toBeNull();
  expect(bytesOf(new ReadableStream(), ["content-length", "7, 7"])).toBeNull();
});

test("a response to HEAD costs no bytes, whatever its Content-Length", () => {
  const told = answer(new ReadableStream(), ["content-length", "7"]);
  expect(readResponseCost(told, "bytes", "HEAD")).toBe(0);
});

test("a header counts only if it is a plain number", () => {
  const cost = (text: string) =>
    readResponseCost(answer(null, ["x-tokens", text]), { header: "x-tokens" }, "GET");
  expect(["12", "0.5", "-1", "1e9", "Infinity", "", "12 "].map(cost)).toEqual([12, 0.5, 0, 0, 0, 0, 0]);
});
