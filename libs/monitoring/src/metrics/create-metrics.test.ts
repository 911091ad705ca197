import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { checkMetrics, promtool } from "@libs/testing";
import { createMetrics } from "./create-metrics.ts";
import type { Metrics } from "./metrics.ts";

let metrics: Metrics;

beforeEach(() => {
  metrics = createMetrics({ service: "test", version: "1.2.3", commit: "abc", processMetrics: false });
});

afterEach(() => metrics.close());

/** Lines of the rendering that belong to a metric, without its comments. */
async function linesOf(name: string): Promise<string[]> {
  return (await metrics.render()).split("\n").filter((line) => line.startsWith(name));
}

describe("metrics", () => {
  test("count, measure and observe, with labels and without", async () => {
    metrics.counter({ name: "cartway_plain_total", help: "h" }).inc();
    const labelled = metrics.counter({
      name: "cartway_labelled_total",
      help: "h",
      labels: ["route", "status"],
    });
    labelled.with({ route: "events", status: "200" }).inc(2);
    const gauge = metrics.gauge({ name: "cartway_open", help: "h" });
    gauge.set(5);
    gauge.inc(2);
    gauge.dec();
    metrics.histogram({ name: "cartway_took_seconds", help: "h", buckets: [0.1, 1] }).observe(0.5);
    expect(await linesOf("cartway_plain")).toEqual(["cartway_plain_total 1"]);
    expect(await linesOf("cartway_labelled")).toEqual([
      'cartway_labelled_total{route="events",status="200"} 2',
    ]);
    expect(await linesOf("cartway_open")).toEqual(["cartway_open 6"]);
    expect(await linesOf("cartway_took")).toEqual([
      'cartway_took_seconds_bucket{le="0.1"} 0',
      'cartway_took_seconds_bucket{le="1"} 1',
      'cartway_took_seconds_bucket{le="+Inf"} 1',
      "cartway_took_seconds_sum 0.5",
      "cartway_took_seconds_count 1",
    ]);
  });

  test("a metric without labels shows its zero before anything happened", async () => {
    metrics.counter({ name: "cartway_never_total", help: "h" });
    expect(await linesOf("cartway_never")).toEqual(["cartway_never_total 0"]);
  });

  test("a series that is removed is gone from the rendering, whatever its labels hold", async () => {
    const gauge = metrics.gauge({ name: "cartway_gone", help: "h", labels: ["target"] });
    for (const target of ["short", "long ".repeat(50)]) {
      gauge.with({ target }).set(1);
      gauge.remove({ target });
    }
    expect(await linesOf("cartway_gone")).toEqual([]);
  });

  test("the same declaration again is the same metric, another one under its name is refused", async () => {
    const options = { name: "cartway_shared_total", help: "h", labels: ["route"] } as const;
    metrics.counter(options).with({ route: "a" }).inc();
    metrics.counter(options).with({ route: "a" }).inc();
    expect(await linesOf("cartway_shared")).toEqual(['cartway_shared_total{route="a"} 2']);
    expect(() => metrics.counter({ ...options, labels: ["other"] })).toThrow();
    expect(() => metrics.gauge({ name: "cartway_shared_total", help: "h" })).toThrow();
  });

  test("a series is the same object each time, and a removed one is gone", async () => {
    const counter = metrics.counter({ name: "cartway_targets_total", help: "h", labels: ["target"] });
    expect(counter.with({ target: "a" })).toBe(counter.with({ target: "a" }));
    counter.with({ target: "a" }).inc();
    counter.with({ target: "b" }).inc();
    counter.remove({ target: "a" });
    counter.remove({ target: "never seen" });
    expect(await linesOf("cartway_targets")).toEqual(['cartway_targets_total{target="b"} 1']);
  });

  test("beyond its bound a metric counts under __other__ and says so", async () => {
    const counter = metrics.counter({
      name: "cartway_wild_total",
      help: "h",
      labels: ["x", "y"],
      seriesMax: 2,
    });
    for (const x of ["a", "b", "c", "d", "a"]) counter.with({ x, y: "1" }).inc();
    expect(await linesOf("cartway_wild")).toEqual([
      'cartway_wild_total{x="a",y="1"} 2',
      'cartway_wild_total{x="b",y="1"} 1',
      'cartway_wild_total{x="__other__",y="__other__"} 2',
    ]);
    expect(await linesOf("cartway_metrics_overflow")).toEqual([
      'cartway_metrics_overflow_total{metric="cartway_wild_total"} 2',
    ]);
  });

  test("all labelled series together stay within the registry's lines, and removing makes room", async () => {
    const small = createMetrics({ service: "test", linesMax: 30, processMetrics: false });
    const took = small.histogram({
      name: "cartway_took_seconds",
      help: "h",
      labels: ["route"],
      buckets: [1, 2],
    });
    for (let route = 0; route < 50; route += 1) took.with({ route: String(route) }).observe(1);
    const routes = (text: string) => text.match(/cartway_took_seconds_count\{route="(.*?)"\}/g) ?? [];
    expect(routes(await small.render())).toHaveLength(6);
    took.remove({ route: "0" });
    took.with({ route: "new" }).observe(1);
    expect(await small.render()).toContain('route="new"');
  });

  test("one metric's series leave each other metric its first ones", async () => {
    const small = createMetrics({ service: "test", linesMax: 30, processMetrics: false });
    const routes = small.counter({ name: "cartway_routes_total", help: "h", labels: ["route"] });
    for (let route = 0; route < 50; route += 1) routes.with({ route: String(route) }).inc();
    const targets = small.gauge({ name: "cartway_targets", help: "h", labels: ["target"] });
    for (let target = 0; target < 50; target += 1) targets.with({ target: String(target) }).set(1);
    const seriesOf = (text: string, name: string) =>
      text.split("\n").filter((line) => line.startsWith(`${name}{`) && !line.includes("__other__"));
    const text = await small.render();
    expect(seriesOf(text, "cartway_routes_total")).toHaveLength(29);
    expect(seriesOf(text, "cartway_targets")).toHaveLength(20);
  });

  test("labels are cut, and cannot write lines of their own", async () => {
    const counter = metrics.counter({ name: "cartway_label_total", help: "one\ntwo \\", labels: ["x"] });
    counter.with({ x: 'a"} 1\ncartway_fake_total 1 \\' }).inc();
    counter.with({ x: "y".repeat(500) }).inc();
    const text = await metrics.render();
    expect(text).not.toMatch(/^cartway_fake/m);
    expect(text).toContain(`cartway_label_total{x="${"y".repeat(128)}"} 1`);
    expect(text).toContain("# HELP cartway_label_total one\\ntwo \\\\");
  });

  test("values that are no numbers are written as the format says", async () => {
    const gauge = metrics.gauge({ name: "cartway_odd", help: "h", labels: ["x"] });
    gauge.with({ x: "up" }).set(Number.POSITIVE_INFINITY);
    gauge.with({ x: "down" }).set(Number.NEGATIVE_INFINITY);
    gauge.with({ x: "none" }).set(Number.NaN);
    expect(await linesOf("cartway_odd")).toEqual([
      'cartway_odd{x="up"} +Inf',
      'cartway_odd{x="down"} -Inf',
      'cartway_odd{x="none"} NaN',
    ]);
  });

  test("collectors run before each rendering, until they are ended; one that throws is counted", async () => {
    const size = metrics.gauge({ name: "cartway_pool_size", help: "h" });
    let asked = 0;
    const end = metrics.beforeRender(() => size.set(++asked));
    metrics.beforeRender(() => Promise.reject(new Error("broken")));
    await metrics.render();
    expect(await linesOf("cartway_pool_size")).toEqual(["cartway_pool_size 2"]);
    end();
    expect(await linesOf("cartway_pool_size")).toEqual(["cartway_pool_size 2"]);
    expect(await linesOf("cartway_metrics_collect_failures_total")).toEqual([
      "cartway_metrics_collect_failures_total 4",
    ]);
  });

  test("say what runs", async () => {
    expect(await linesOf("cartway_build_info")).toEqual([
      `cartway_build_info{app="test",version="1.2.3",commit="abc",bun="${Bun.version}"} 1`,
    ]);
  });

  test("10,000 series are rendered in chunks of 16 KiB, and the event loop turns after each", async () => {
    let turns = 0;
    let turnsBefore = -1;
    const end = keepTurning(() => (turns += 1));
    let lines = 0;
    for await (const chunk of await manySeries().stream()) {
      expect(chunk.length).toBeLessThanOrEqual(16_384);
      expect(turns).toBeGreaterThan(turnsBefore);
      turnsBefore = turns;
      lines += chunk.filter((byte) => byte === 10).length;
    }
    end();
    expect(lines).toBeGreaterThan(10_000);
  });

  test("a reader who leaves ends the rendering", async () => {
    const reader = (await manySeries().stream()).getReader();
    await reader.read();
    await reader.cancel();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
  });

  test("a series that comes or goes while others are rendered breaks no line", async () => {
    const large = manySeries();
    const counter = large.counter({ name: "cartway_many_total", help: "h", labels: ["id"] });
    let text = "";
    for await (const chunk of await large.stream()) {
      text += Buffer.from(chunk).toString();
      counter.remove({ id: String(text.length % 10_000) });
      counter.with({ id: `new ${text.length}` }).inc();
    }
    const lines = text.split("\n").filter((line) => line.startsWith("cartway_many_total{"));
    for (const line of lines) expect(line).toMatch(/^cartway_many_total\{id="(new )?\d+"\} 1$/);
  });

  test("the event loop turns between collectors that take long", async () => {
    let turns = 0;
    const seen: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      metrics.beforeRender(() => {
        seen.push(turns);
        Bun.sleepSync(1);
      });
    }
    const end = keepTurning(() => (turns += 1));
    await metrics.render();
    end();
    expect(new Set(seen).size).toBe(3);
  });
});

/** A registry with 10,000 series. */
function manySeries(): Metrics {
  const many = createMetrics({ service: "test", linesMax: 20_000, processMetrics: false });
  const labels = ["id"] as const;
  const counter = many.counter({ name: "cartway_many_total", help: "h", labels, seriesMax: 10_000 });
  for (let id = 0; id < 10_000; id += 1) counter.with({ id: String(id) }).inc();
  return many;
}

/** Reports each turn of the event loop. @returns a function that ends this */
function keepTurning(turned: () => void): () => void {
  let isOn = true;
  const turn = (): void => {
    turned();
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  return () => void (isOn = false);
}

describe("the process", () => {
  test("is measured while it is asked to be", async () => {
    const measured = createMetrics({ service: "test" });
    const first = await measured.render();
    measured.close();
    expect(first).toMatch(/^cartway_process_memory_bytes\{area="resident"\} \d{7,}$/m);
    expect(first).toMatch(/^cartway_process_cpu_seconds_total\{mode="user"\} \d+(\.\d+)?$/m);
    expect(first).toMatch(/^cartway_event_loop_delay_seconds\{part="max"\} \d/m);
    expect(first).toMatch(/^cartway_process_open_fds \d+$/m);
    expect(first).toMatch(/^cartway_process_start_time_seconds \d{10}$/m);
  });
});

describe.skipIf(promtool === null)("promtool (install it, or put it on the PATH, to run this)", () => {
  test("finds nothing to say about what is rendered", async () => {
    const measured = createMetrics({ service: "test" });
    measured
      .counter({ name: "cartway_requests_total", help: "Requests.", labels: ["route"] })
      .with({ route: 'a "b" \\ \r\n' })
      .inc();
    measured.histogram({ name: "cartway_request_duration_seconds", help: "Durations." }).observe(0.2);
    measured.gauge({ name: "cartway_open_sockets", help: "Sockets." }).set(3);
    const text = await measured.render();
    measured.close();
    expect(await checkMetrics(text)).toEqual([]);
  });

  test("does find a gauge with the name of a counter, so the check can fail", async () => {
    const text = "# HELP cartway_open_total Open.\n# TYPE cartway_open_total gauge\ncartway_open_total 1\n";
    expect(await checkMetrics(text)).not.toEqual([]);
  });
});
