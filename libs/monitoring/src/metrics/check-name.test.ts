import { describe, expect, test } from "bun:test";
import { checkMetricName, type MetricKind } from "./check-name.ts";

function verdict(kind: MetricKind, name: string, labels: readonly string[] = []): string {
  try {
    checkMetricName(kind, name, labels);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? String(Reflect.get(error, "internal")) : "";
  }
}

describe("a metric's name is refused where", () => {
  test.each<[string, MetricKind, string, readonly string[], RegExp]>([
    ["the prefix is missing", "counter", "http_requests_total", [], /cartway_ and words/],
    ["it has other characters", "gauge", "cartway_Open-sockets", [], /cartway_ and words/],
    ["a counter does not end in _total", "counter", "cartway_requests", [], /ends in _total/],
    ["a gauge ends in _total", "gauge", "cartway_sockets_total", [], /not for a gauge/],
    ["a histogram ends in _count", "histogram", "cartway_requests_count", [], /not for a histogram/],
    ["its unit is not a base unit", "histogram", "cartway_request_duration_ms", [], /use _seconds/],
    ["its unit is abbreviated", "counter", "cartway_sent_kb_total", [], /use _bytes/],
    ["it says its type", "gauge", "cartway_sockets_gauge", [], /does not say its type/],
    ["a label is no name", "counter", "cartway_requests_total", ["Route"], /not a label name/],
    ["a label is reserved", "counter", "cartway_requests_total", ["__name"], /not a label name/],
    [
      "a label belongs to Prometheus",
      "counter",
      "cartway_requests_total",
      ["instance"],
      /belongs to Prometheus/,
    ],
  ])("%s", (_why, kind, name, labels, expected) => {
    expect(verdict(kind, name, labels)).toMatch(expected);
  });
});

test("names that keep the rules are accepted", () => {
  expect(verdict("counter", "cartway_requests_total", ["route", "status"])).toBe("accepted");
  expect(verdict("gauge", "cartway_open_sockets")).toBe("accepted");
  expect(verdict("histogram", "cartway_request_duration_seconds", ["route"])).toBe("accepted");
});
