import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { redactFields } from "./redact-value.ts";

describe("an object in a log line", () => {
  test("secrets are redacted by key and by format, at any depth, and the original is unchanged", () => {
    const fields = {
      user: { id: "u-1", email: "a@example.com", profile: { password: "hunter2" } },
      list: [{ token: "t" }, "Bearer abcdef123"],
      headers: new Headers({ authorization: "Bearer x", accept: "*/*" }),
      map: new Map([["apiKey", "k"]]),
      set: new Set(["postgres://a:b@c/d"]),
    };
    expect(redactFields(fields)).toEqual({
      user: { id: "u-1", email: "[redacted]", profile: { password: "[redacted]" } },
      list: [{ token: "[redacted]" }, "Bearer [redacted]"],
      headers: { authorization: "[redacted]", accept: "*/*" },
      map: { apiKey: "[redacted]" },
      set: ["postgres://a:[redacted]@c/d"],
    });
    expect(fields.user.email).toBe("a@example.com");
  });

  test("errors are shown with their own fields, causes and aggregated errors", () => {
    class StoreError extends Error {
      override readonly name = "StoreError";
      readonly code = "ECONNREFUSED";
      readonly password = "hunter2";
    }
    const cause = new StoreError("redis://:secret@cache refused");
    const error = new AggregateError([new TypeError("first")], "all failed", { cause });
    expect(redactFields({ err: error })).toMatchObject({
      err: {
        type: "AggregateError",
        message: "all failed",
        errors: [{ type: "TypeError", message: "first" }],
        cause: {
          type: "StoreError",
          code: "ECONNREFUSED",
          password: "[redacted]",
          message: "redis://:[redacted]@cache refused",
        },
      },
    });
    expect(JSON.stringify(redactFields({ err: error }))).not.toContain(":secret@");
  });

  test("an error's stack is redacted too", () => {
    const error = new Error("token=abcdef");
    expect(JSON.stringify(redactFields({ error }))).not.toContain("abcdef");
  });

  test("values without a JSON form become readable strings", () => {
    const fields = {
      big: 10n,
      symbol: Symbol("s"),
      run() {},
      date: new Date(0),
      noDate: new Date(Number.NaN),
      url: new URL("https://u:p@h/x"),
      bytes: new Uint8Array(3),
      buffer: new ArrayBuffer(4),
      nothing: null,
      missing: undefined,
    };
    expect(redactFields(fields)).toEqual({
      big: "10",
      symbol: "Symbol(s)",
      run: "[function]",
      date: "1970-01-01T00:00:00.000Z",
      noDate: "[invalid date]",
      url: "https://u:[redacted]@h/x",
      bytes: "[3 bytes]",
      buffer: "[4 bytes]",
      nothing: null,
      missing: undefined,
    });
  });

  test("cycles, depth, width, length and total size are bounded", () => {
    const cycle: Record<string, unknown> = { name: "a" };
    cycle["self"] = cycle;
    expect(redactFields(cycle)).toEqual({ name: "a", self: "[circular]" });

    let deep: object = { bottom: true };
    for (let level = 0; level < 50; level += 1) deep = { deep };
    expect(JSON.stringify(redactFields(deep))).toContain("[deeper]");

    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]));
    expect(Object.keys(redactFields(wide))).toHaveLength(101);
    expect(redactFields({ list: Array.from({ length: 150 }, () => 1) })["list"]).toHaveLength(101);
    expect(redactFields({ text: "x".repeat(10_000) })["text"]).toBe(`${"x".repeat(8192)}[1808 more]`);
    const square = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => 1));
    expect(JSON.stringify(redactFields({ square })).length).toBeLessThan(20_000);
  });

  test("an object that occurs twice is not a cycle", () => {
    const shared = { a: 1 };
    expect(redactFields({ one: shared, two: shared })).toEqual({ one: { a: 1 }, two: { a: 1 } });
  });

  test("a getter that throws does not prevent the line", () => {
    const fields = {
      get broken(): never {
        throw new TypeError("no");
      },
      get odd(): never {
        throw "text";
      },
      fine: 1,
    };
    expect(redactFields(fields)).toEqual({
      broken: "[unreadable: TypeError]",
      odd: "[unreadable: thrown]",
      fine: 1,
    });
  });

  test("any value can be logged as JSON, and no password is shown at any depth", () => {
    const secret = "s3cr3t-value";
    const leaf = fc.oneof(fc.jsonValue(), fc.constant({ password: secret }), fc.constant(`Bearer ${secret}`));
    const tree = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 6 }, leaf, fc.dictionary(fc.string(), tie("node")), fc.array(tie("node"))),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(redactFields({ value }))).not.toContain(secret);
      }),
    );
  });
});
