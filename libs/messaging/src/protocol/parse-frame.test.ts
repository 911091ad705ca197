import { describe, expect, test } from "bun:test";
import { assert, json, oneof, property, string } from "fast-check";
import { FrameFault, isToken, parseFrame } from "./parse-frame.ts";

const limits = { frameBytesMax: 1024, depthMax: 4 };

function faultOf(text: string): FrameFault {
  const result = parseFrame(text, limits);
  if (!(result instanceof FrameFault)) throw new Error(`taken as a frame: ${text}`);
  return result;
}

test("a complete frame is parsed as it was written", () => {
  const frame = {
    type: "cart_event",
    payload: { type: "add_to_cart", items: [{ sku: "A", quantity: 1 }] },
    id: "0199-a",
    timestamp: 1_800_000_000_000,
    userId: "u-1",
    sessionId: "s-1",
  };
  expect(parseFrame(JSON.stringify(frame), limits)).toEqual(frame);
});

describe("input that is not a frame gets a clear error", () => {
  const cases: [name: string, text: string, code: string, words: string][] = [
    ["broken JSON", '{"type":"x"', "invalid_json", "JSON"],
    ["an empty text", "", "invalid_json", "JSON"],
    ["an array", "[1]", "bad_request", "object"],
    ["null", "null", "bad_request", "object"],
    ["a number", "12", "bad_request", "object"],
    ["no type", '{"payload":{}}', "bad_request", "type"],
    ["a type that is no string", '{"type":7}', "bad_request", "type"],
    ["an id that is a number", '{"type":"x","id":1}', "bad_request", "id"],
    ["an id with a quote", '{"type":"x","id":"a\\"b"}', "bad_request", "id"],
    ["an id that is too long", JSON.stringify({ type: "x", id: "a".repeat(129) }), "bad_request", "id"],
    ["an odd sessionId", '{"type":"x","sessionId":"a b"}', "bad_request", "sessionId"],
    ["an odd timestamp", '{"type":"x","timestamp":{}}', "bad_request", "timestamp"],
    ["an odd userId", '{"type":"x","userId":[]}', "bad_request", "userId"],
    ["an unknown field", '{"type":"x","role":"admin"}', "bad_request", "only"],
    ["a deep payload", '{"type":"x","payload":[[[[[1]]]]]}', "bad_request", "deeply"],
    ["__proto__ in the payload", '{"type":"x","payload":{"a":{"__proto__":{}}}}', "bad_request", "__proto__"],
    ["an escaped __proto__", '{"type":"x","payload":{"\\u005f_proto__":1}}', "bad_request", "__proto__"],
    [
      "constructor in the payload",
      '{"type":"x","payload":[{"constructor":1}]}',
      "bad_request",
      "constructor",
    ],
    ["__proto__ on the frame", '{"type":"x","__proto__":{"id":"a"}}', "bad_request", "only"],
    ["too many bytes", JSON.stringify({ type: "x", payload: "a".repeat(2000) }), "payload_too_large", "1024"],
    [
      "too many bytes in few characters",
      JSON.stringify({ type: "x", payload: "€".repeat(400) }),
      "payload_too_large",
      "1024",
    ],
  ];
  test.each(cases)("%s", (_name, text, code, words) => {
    const fault = faultOf(text);
    expect<string>(fault.code).toBe(code);
    expect(fault.message).toContain(words);
  });
});

test("an error carries the frame's id if there is a valid one", () => {
  expect(faultOf('{"type":7,"id":"a-1"}').id).toBe("a-1");
  expect(faultOf('{"type":"x","id":"a b"}').id).toBeNull();
});

test("nesting of any depth is an error and never an exception", () => {
  const deep = `{"type":"x","payload":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  expect(parseFrame(deep, { frameBytesMax: 1_000_000, depthMax: 16 })).toBeInstanceOf(FrameFault);
});

test("no text makes the parser throw", () => {
  assert(
    property(oneof(string(), json()), (text) => {
      parseFrame(text, limits);
      return true;
    }),
  );
});

test("every token survives inside a JSON string without escaping", () => {
  const survives = (text: string): boolean => JSON.stringify(text) === `"${text}"`;
  assert(property(string(), (text) => (isToken(text) ? survives(text) : true)));
  const all = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index));
  expect(all.filter((character): boolean => !isToken(character))).toEqual(['"', "\\"]);
});
