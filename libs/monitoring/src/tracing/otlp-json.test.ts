import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { writeExport } from "./otlp-json.ts";
import { RecordedSpan } from "./recorded-span.ts";
import { createSpanClock, toNanos } from "./span-clock.ts";
import { parseTraceparent } from "./trace-context.ts";
import type { SpanOptions } from "./tracer.ts";

const parent = parseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=b");
const resource = { "service.name": "test" };

function ended(
  name: string,
  options: SpanOptions,
  change: (span: RecordedSpan) => void = () => {},
): RecordedSpan {
  let at = 1_795_249_182_255;
  const span = new RecordedSpan(
    name,
    options,
    () => (at += 0.5),
    () => {},
  );
  change(span);
  span.end();
  return span;
}

/** The one span of an export, as a collector reads it. */
function read(span: RecordedSpan): Record<string, unknown> {
  return JSON.parse(writeExport(resource, [span])).resourceSpans[0].scopeSpans[0].spans[0];
}

test("a span is written in OTLP's JSON format: enums as numbers, 64-bit numbers as strings", () => {
  const attributes = { text: "x", whole: 3, fraction: 1.5, flag: true, odd: Number.NaN };
  const span = ended("GET /a", { kind: "client", parent, attributes }, (one) =>
    one.fail("reset", new Error("gone")),
  );
  expect(read(span)).toEqual({
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: span.context.spanId,
    parentSpanId: "00f067aa0ba902b7",
    traceState: "a=b",
    flags: 1,
    name: "GET /a",
    kind: 3,
    startTimeUnixNano: "1795249182255500000",
    endTimeUnixNano: "1795249182256500000",
    attributes: [
      { key: "text", value: { stringValue: "x" } },
      { key: "whole", value: { intValue: "3" } },
      { key: "fraction", value: { doubleValue: 1.5 } },
      { key: "flag", value: { boolValue: true } },
      { key: "odd", value: { stringValue: "NaN" } },
      { key: "error.type", value: { stringValue: "reset" } },
    ],
    events: [
      {
        timeUnixNano: "1795249182256000000",
        name: "exception",
        attributes: [
          { key: "exception.type", value: { stringValue: "Error" } },
          { key: "exception.message", value: { stringValue: "gone" } },
        ],
      },
    ],
    status: { code: 2, message: "gone" },
  });
});

test("a root span has no parent, no tracestate, and the random flag", () => {
  const written = read(ended("root", { parent: null }));
  expect(written).toMatchObject({ kind: 1, flags: 3, events: [], status: { code: 0 } });
  expect(written).not.toHaveProperty("parentSpanId");
  expect(written).not.toHaveProperty("traceState");
});

test("any string is read back unchanged", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (name, value) => {
      const text = `<${value}>`;
      const written = read(ended(name, { parent: null }, (span) => span.setAttribute(name, text)));
      const span = new RecordedSpan(
        name,
        { parent: null, attributes: { [name]: text } },
        () => 1,
        () => {},
      );
      expect(written["name"]).toBe(span.name);
      expect(written["attributes"]).toEqual([
        { key: name, value: { stringValue: span.attributes.get(name) ?? "" } },
      ]);
    }),
  );
});

test("a span is bounded: 64 attributes of 1,024 characters, and no changes after its end", () => {
  const span = ended("bounded", { parent: null }, (one) => {
    for (let index = 0; index < 100; index += 1) one.setAttribute(`a${index}`, "x".repeat(5000));
    one.setAttribute("a0", "again");
  });
  const { endedAtMs } = span;
  span.setName("late");
  span.setAttribute("a1", "late");
  span.fail("late");
  span.end();
  expect(span.attributes.size).toBe(64);
  expect(span.attributes.get("a0")).toBe("again");
  expect(span.attributes.get("a1")).toBe("x".repeat(1024));
  expect([span.name, span.hasFailed, span.endedAtMs]).toEqual(["bounded", false, endedAtMs]);
});

test("time is monotonic, and follows the wall clock again after it was set", () => {
  let [wall, steady] = [1_000_000, 500];
  const clock = createSpanClock(
    () => wall,
    () => steady,
  );
  steady += 0.25;
  expect(clock()).toBe(1_000_000.25);
  wall += 60_000;
  steady += 1;
  expect(clock()).toBe(1_060_000);
  wall -= 60_000;
  expect(clock()).toBe(1_000_000);
});

test("nanoseconds are exact", () => {
  expect(toNanos(1_795_249_182_255.25)).toBe("1795249182255250000");
  expect(toNanos(1_795_249_182_255)).toBe("1795249182255000000");
  expect(toNanos(0.000_001)).toBe("0000001");
});
