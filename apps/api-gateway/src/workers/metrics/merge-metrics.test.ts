import { describe, expect, test } from "bun:test";
import { type ExposedFamily, readExposition, writeExposition } from "./exposition.ts";
import { addCounts, mergeMetrics } from "./merge-metrics.ts";

const family = (type: string, name: string, lines: readonly string[]) =>
  `# HELP ${name} Help.\n# TYPE ${name} ${type}\n${lines.map((line) => `${name}${line}\n`).join("")}`;

function merge(...texts: readonly string[]): string {
  const parts = texts.map((text, index) => ({ worker: String(index + 1), families: readExposition(text) }));
  return writeExposition(mergeMetrics(parts).values());
}

describe("the metrics of several workers", () => {
  test("counters and histograms are summed by series, including series of one worker only", () => {
    const waits = (low: number, all: number, sum: number) =>
      family("histogram", "cartway_waits_seconds", [
        `_bucket{le="0.1"} ${low}`,
        `_bucket{le="+Inf"} ${all}`,
        `_sum ${sum}`,
        `_count ${all}`,
      ]);
    const asked = (lines: readonly string[]) => family("counter", "cartway_asked_total", lines);
    expect(
      merge(
        asked(['{route="a"} 2', '{route="b"} 3']) + waits(1, 2, 0.5),
        asked(['{route="a"} 5', '{route="c"} 7']) + waits(10, 20, 4.25),
      ),
    ).toBe(asked(['{route="a"} 7', '{route="b"} 3', '{route="c"} 7']) + waits(11, 22, 4.75));
  });

  test("gauges are merged by their rule: sum, worst, or each separately", () => {
    const gauges = (inFlight: number, up: number, open: number, memory: number) =>
      [
        family("gauge", "cartway_gateway_requests_in_flight", [` ${inFlight}`]),
        family("gauge", "cartway_discovery_up", [`{service="s"} ${up}`]),
        family("gauge", "cartway_upstream_breaker_open", [`{service="s"} ${open}`]),
        family("gauge", "cartway_process_memory_bytes", [`{area="resident"} ${memory}`]),
      ].join("");
    const text = merge(gauges(2, 1, 0, 100), gauges(3, 0, 1, 200));
    expect(text.split("\n").filter((line) => !line.startsWith("#"))).toEqual([
      "cartway_gateway_requests_in_flight 5",
      'cartway_discovery_up{service="s"} 0',
      'cartway_upstream_breaker_open{service="s"} 1',
      'cartway_process_memory_bytes{area="resident",worker="1"} 100',
      'cartway_process_memory_bytes{area="resident",worker="2"} 200',
      "",
    ]);
  });

  test("of a service's targets, the fewest usable and the most unusable ones count", () => {
    const targets = (available: number, unhealthy: number) =>
      family("gauge", "cartway_upstream_targets", [
        `{service="s",state="available"} ${available}`,
        `{service="s",state="unhealthy"} ${unhealthy}`,
      ]);
    expect(merge(targets(3, 0), targets(1, 2))).toBe(targets(1, 2));
  });

  test("two configs in use at the same time are both reported", () => {
    const runs = (hash: string) => family("gauge", "cartway_config_info", [`{hash="${hash}"} 1`]);
    expect(merge(runs("a"), runs("b"), runs("a"))).toContain(
      '{hash="a"} 1\ncartway_config_info{hash="b"} 1\n',
    );
  });
});

describe("the counters of a worker that has ended", () => {
  const counted = family("counter", "cartway_asked_total", [" 4"]);
  const gauged = family("gauge", "cartway_gateway_requests_in_flight", [" 9"]);
  const apart = family("counter", "cartway_process_cpu_seconds_total", [" 2"]);

  test("are kept, unlike its gauges and process metrics", () => {
    const left = new Map<string, ExposedFamily>();
    addCounts(left, readExposition(counted + gauged + apart));
    addCounts(left, readExposition(counted));
    const lines = writeExposition(left.values()).split("\n");
    expect(lines.filter((line) => line !== "" && !line.startsWith("#"))).toEqual(["cartway_asked_total 8"]);
  });

  test("have a bounded number of series, which continue to count", () => {
    const left = new Map<string, ExposedFamily>();
    const many = (from: number, value: number) =>
      family(
        "counter",
        "cartway_asked_total",
        Array.from({ length: 60_000 }, (_, index) => `{route="r${from + index}"} ${value}`),
      );
    addCounts(left, readExposition(many(0, 1)));
    addCounts(left, readExposition(many(30_000, 1)));
    addCounts(left, readExposition(many(60_000, 1)));
    const series = left.get("cartway_asked_total")?.series;
    expect(series?.size).toBe(100_000);
    expect(series?.get('cartway_asked_total{route="r70000"}')).toBe(2);
  });
});
