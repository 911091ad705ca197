import { describe, expect, test } from "bun:test";
import { UpstreamFailure } from "../model/upstream/upstream.ts";
import { classifyFailure } from "./classify.ts";
import { isReplaySafe } from "./is-replay-safe.ts";

const failed = (sent: "none" | "some" | "all", kind: "reset" | "aborted" | "connect" = "reset") =>
  new UpstreamFailure(kind, sent, "10.0.0.7:80 failed");

describe("a request is retried only if that is safe", () => {
  const streamed = (isBegun = false): ReadableStream<Uint8Array> => {
    const body = new Blob(["text"]).stream();
    if (isBegun) body.getReader();
    return body;
  };
  const get = { method: "GET", body: null };
  const post = { method: "POST", body: new Uint8Array(1) };
  const cases: [string, Parameters<typeof isReplaySafe>, boolean][] = [
    ["a GET that was cut off", [get, failed("all")], true],
    ["a GET that was answered with a status worth it", [get, null], true],
    ["a POST of which nothing was sent", [post, failed("none", "connect")], true],
    ["a POST of which something was sent", [post, failed("some")], false],
    ["a POST that was answered", [post, null], false],
    [
      "a POST with a key that makes it idempotent",
      [{ ...post, hasIdempotencyKey: true }, failed("all")],
      true,
    ],
    [
      "such a POST whose body is gone",
      [{ method: "POST", body: streamed(true), hasIdempotencyKey: true }, null],
      false,
    ],
    ["anything whose body is gone", [{ method: "PUT", body: streamed(true) }, failed("none")], false],
    [
      "one whose stream nobody has begun to send",
      [{ method: "POST", body: streamed() }, failed("none")],
      true,
    ],
    ["one whose stream may have been sent", [{ method: "PUT", body: streamed() }, failed("some")], false],
    [
      "one with a stream that was answered, or not sent yet",
      [{ method: "PUT", body: streamed() }, null],
      false,
    ],
    ["anything whose client has left", [get, failed("none", "aborted")], false],
  ];
  for (const [name, input, expected] of cases)
    test(`${name}: ${expected ? "yes" : "no"}`, () => expect(isReplaySafe(...input)).toBe(expected));
});

test("a caller learns the kind of a failure and never the target", () => {
  const kinds = {
    connect: 502,
    "connect-timeout": 504,
    tls: 502,
    "pool-full": 503,
    reset: 502,
    "first-byte-timeout": 504,
    "idle-timeout": 504,
    "invalid-response": 502,
  } as const;
  for (const [kind, status] of Object.entries(kinds)) {
    const error = classifyFailure(
      new UpstreamFailure(kind as keyof typeof kinds, "some", "10.0.0.7:80 failed"),
    );
    expect([kind, error.status]).toEqual([kind, status]);
    expect(error.message).not.toContain("10.0.0.7");
    expect(error.internal).toContain("10.0.0.7");
  }
});
