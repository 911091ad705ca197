import { expect, test } from "bun:test";
import { withPlace, writeAck, writeError, writeFrame, writeReply } from "./write-frame.ts";

test("an ack has its type and id, and nothing else", () => {
  expect(JSON.parse(writeAck("a-1"))).toEqual({ type: "ack", id: "a-1" });
});

test("an error takes message and retryable from the table of codes", () => {
  expect(JSON.parse(writeError({ id: "a", code: "upstream_timeout" }))).toEqual({
    type: "error",
    id: "a",
    error: { code: "upstream_timeout", message: "The service took too long to answer.", retryable: true },
  });
});

test("an error without an id concerns the connection and may have a retry time", () => {
  const text = writeError({
    id: null,
    code: "rate_limited",
    message: "slow",
    retryAfterMs: 20,
    details: [1],
  });
  expect(JSON.parse(text)).toEqual({
    type: "error",
    error: { code: "rate_limited", message: "slow", retryable: true, retryAfterMs: 20, details: [1] },
  });
});

test("a published frame gets room and offset and keeps its other fields", () => {
  const text = writeFrame({ type: "offer", payload: { percent: 5 }, id: "x" });
  expect(JSON.parse(withPlace(text, 'cart:"odd"', 7))).toEqual({
    type: "offer",
    payload: { percent: 5 },
    id: "x",
    room: 'cart:"odd"',
    offset: 7,
  });
  expect(JSON.parse(withPlace(text, "cart:a", null)).offset).toBeUndefined();
});

test("a reply carries the service's JSON untouched", () => {
  expect(writeReply("prediction", "p", '{"probability":0.10}')).toBe(
    '{"type":"prediction","id":"p","payload":{"probability":0.10}}',
  );
  expect(JSON.parse(writeReply("heartbeat", null, "{}"))).toEqual({ type: "heartbeat", payload: {} });
});
