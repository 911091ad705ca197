import { readFileSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type * as prom from "prom-client";

// Three modules of prom-client: the whole package is 1,600 functions, node:https's among them, and each garbage collection visits all.
const Counter: typeof prom.Counter = require("prom-client/lib/counter");
const Gauge: typeof prom.Gauge = require("prom-client/lib/gauge");
const Registry: typeof prom.Registry = require("prom-client/lib/registry");

export interface ProcessMetrics {
  /** Measures now. @returns lines of the text format. */
  render(): Promise<string>;
  /** Ends the measuring of the event loop. */
  close(): void;
}

/**
 * What prom-client's default metrics measure, under names that `promtool check metrics` accepts (theirs have gauges ending in `_total`),
 * and limited to what Bun measures correctly. They change at a scrape only, so prom-client may hold them: it takes 0.3 us to find a
 * series, which is too much for what a request counts.
 */
export function measureProcess(): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const registry = new Registry();
  registry.registerMetric(startTime());
  registry.registerMetric(memory());
  registry.registerMetric(cpu());
  registry.registerMetric(eventLoopDelay(delay));
  if (process.platform === "linux") {
    registry.registerMetric(descriptorsMax());
    registry.registerMetric(openDescriptors());
  }
  return { render: () => registry.metrics(), close: () => delay.disable() };
}

/** In the registry that they are added to only, not in prom-client's global one. */
const registers: [] = [];

function startTime(): prom.Gauge {
  const gauge = new Gauge({
    name: "cartway_process_start_time_seconds",
    help: "When the process started, in seconds since the epoch.",
    registers,
  });
  gauge.set(Math.round(Date.now() / 1000 - process.uptime()));
  return gauge;
}

function memory(): prom.Gauge<"area"> {
  return new Gauge({
    name: "cartway_process_memory_bytes",
    help: "Memory of the process: resident, the JavaScript heap used and reserved, and outside of it.",
    labelNames: ["area"],
    registers,
    collect() {
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      this.set({ area: "resident" }, rss);
      this.set({ area: "heap_used" }, heapUsed);
      this.set({ area: "heap_reserved" }, heapTotal);
      this.set({ area: "external" }, external);
    },
  });
}

function cpu(): prom.Counter<"mode"> {
  let counted = { user: 0, system: 0 };
  return new Counter({
    name: "cartway_process_cpu_seconds_total",
    help: "CPU time used.",
    labelNames: ["mode"],
    registers,
    collect() {
      const used = process.cpuUsage();
      this.inc({ mode: "user" }, Math.max(0, used.user - counted.user) / 1e6);
      this.inc({ mode: "system" }, Math.max(0, used.system - counted.system) / 1e6);
      counted = used;
    },
  });
}

/** The maximum is how long a request waited at worst. */
function eventLoopDelay(delay: ReturnType<typeof monitorEventLoopDelay>): prom.Gauge<"part"> {
  return new Gauge({
    name: "cartway_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape.",
    labelNames: ["part"],
    registers,
    collect() {
      this.set({ part: "median" }, fromNanoseconds(delay.percentile(50)));
      this.set({ part: "p99" }, fromNanoseconds(delay.percentile(99)));
      this.set({ part: "max" }, fromNanoseconds(delay.max));
      delay.reset();
    },
  });
}

/** 0 for an empty histogram, which reports its limits. */
function fromNanoseconds(value: number): number {
  return Number.isFinite(value) && value > 0 && value < 3.6e12 ? value / 1e9 : 0;
}

function descriptorsMax(): prom.Gauge {
  const limit = /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  const gauge = new Gauge({
    name: "cartway_process_max_fds",
    help: "File descriptors the process may open.",
    registers,
  });
  gauge.set(limit === undefined ? Number.POSITIVE_INFINITY : Number(limit));
  return gauge;
}

function openDescriptors(): prom.Gauge {
  return new Gauge({
    name: "cartway_process_open_fds",
    help: "Open file descriptors.",
    registers,
    async collect() {
      this.set(await countDescriptors());
    },
  });
}

const descriptors = "/proc/self/fd";

/** Linux tells their number as the folder's size since 6.2. Before, they have to be listed, off the event loop: it takes 2 ms for 5,000. */
async function countDescriptors(): Promise<number> {
  const { size } = statSync(descriptors);
  return size > 0 ? size : (await readdir(descriptors)).length;
}
