import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  formatTraceparent,
  newTraceContext,
  parseTraceparent,
  readTraceContext,
  writeTraceContext,
} from "./trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const valid = `00-${traceId}-${spanId}-01`;

describe("traceparent", () => {
  test("is parsed and formatted", () => {
    const context = parseTraceparent(valid, "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7");
    expect(context).toEqual({
      traceId,
      spanId,
      sampled: true,
      random: false,
      tracestate: "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
    });
    expect(context && formatTraceparent(context)).toBe(valid);
  });

  test("keeps the sampled and random flags, and no others", () => {
    const all = parseTraceparent(`00-${traceId}-${spanId}-ff`);
    expect(all).toMatchObject({ sampled: true, random: true });
    expect(all && formatTraceparent(all)).toBe(`00-${traceId}-${spanId}-03`);

    expect(parseTraceparent(`00-${traceId}-${spanId}-00`)?.sampled).toBe(false);
    expect(parseTraceparent(`00-${traceId}-${spanId}-02`)?.sampled).toBe(false);
    expect(parseTraceparent(`00-${traceId}-${spanId}-ff`)?.sampled).toBe(true);
  });

  test("of a later version is parsed by the rules of version 00", () => {
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01`)?.traceId).toBe(traceId);
    expect(parseTraceparent(`cc-${traceId}-${spanId}-01-what-comes-later`)?.traceId).toBe(traceId);
  });

  test.each([
    ["nothing", null],
    ["an empty text", ""],
    ["version ff", `ff-${traceId}-${spanId}-01`],
    ["an odd version", `zz-${traceId}-${spanId}-01`],
    ["something after version 00", `${valid}-01`],
    ["something after a later version without a dash", `cc-${traceId}-${spanId}-01x`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a span id of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["other characters", `00-${traceId.slice(1)}g-${spanId}-01`],
    ["misplaced dashes", `00_${traceId}-${spanId}-01`],
    ["odd flags", `00-${traceId}-${spanId}-0x`],
    ["a text cut short", valid.slice(0, -1)],
  ])("%s is not a context", (_name, header) => {
    expect(parseTraceparent(header, "a=b")).toBeNull();
  });

  test("tracestate is passed on unchanged, and dropped if it is empty, too long or not printable", () => {
    expect(parseTraceparent(valid, "")?.tracestate).toBeNull();
    expect(parseTraceparent(valid, `a=${"x".repeat(2000)}`)?.tracestate).toBeNull();
    expect(parseTraceparent(valid, "a=b\r\nx-evil: 1")?.tracestate).toBeNull();
  });

  test("no text makes the parser throw, and valid ones round-trip", () => {
    const almost = fc.string({
      unit: fc.constantFrom(..."0123456789abcdef-gF".split("")),
      minLength: 50,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), almost), (text) => {
        const context = parseTraceparent(text);
        if (context === null) return;
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
      }),
    );
  });
});

test("new contexts are well formed and unique", () => {
  const seen = new Set<string>();
  for (let count = 0; count < 1000; count += 1) {
    const context = newTraceContext(count % 2 === 0);
    expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    seen.add(context.traceId).add(context.spanId);
  }
  expect(seen.size).toBe(2000);
});

describe("a context in headers", () => {
  test("is read completely or not at all", () => {
    expect(readTraceContext(new Headers({ traceparent: valid, tracestate: "a=b" }))).toMatchObject({
      traceId,
      tracestate: "a=b",
    });
    expect(readTraceContext(new Headers({ tracestate: "a=b" }))).toBeNull();
    expect(readTraceContext(new Headers({ traceparent: "hostile", tracestate: "a=b" }))).toBeNull();
    expect(
      readTraceContext(
        new Headers([
          ["traceparent", valid],
          ["traceparent", valid],
        ]),
      ),
    ).toBeNull();
  });

  test("replaces both fields", () => {
    const headers = new Headers({ traceparent: "other", tracestate: "other=1" });
    const context = parseTraceparent(valid, null);
    if (context !== null) writeTraceContext(headers, context);
    expect([...headers]).toEqual([["traceparent", valid]]);
    const stated = parseTraceparent(valid, "a=b");
    if (stated !== null) writeTraceContext(headers, stated);
    expect(headers.get("tracestate")).toBe("a=b");
  });
});
