import { readFileSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

type Parts = Pick<Metrics, "counter" | "gauge" | "beforeRender">;

/**
 * What Prometheus clients usually measure of their process, limited to what Bun measures correctly. @returns a function that stops it
 */
export function measureProcess(metrics: Parts): () => void {
  declareStart(metrics);
  const ends = [
    measureMemory(metrics),
    measureCpu(metrics),
    measureEventLoop(metrics),
    process.platform === "linux" ? measureDescriptors(metrics) : () => {},
  ];
  return () => {
    for (const end of ends) end();
  };
}

function declareStart({ gauge }: Parts): void {
  gauge({
    name: "cartway_process_start_time_seconds",
    help: "When the process started, in seconds since the epoch.",
  }).set(Math.round(Date.now() / 1000 - process.uptime()));
}

function measureMemory({ gauge, beforeRender }: Parts): () => void {
  const memory = gauge({
    name: "cartway_process_memory_bytes",
    help: "Memory of the process: resident, the JavaScript heap used and reserved, and outside of it.",
    labels: ["area"],
  });
  return beforeRender(() => {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    memory.with({ area: "resident" }).set(rss);
    memory.with({ area: "heap_used" }).set(heapUsed);
    memory.with({ area: "heap_reserved" }).set(heapTotal);
    memory.with({ area: "external" }).set(external);
  });
}

function measureCpu({ counter, beforeRender }: Parts): () => void {
  const cpu = counter({
    name: "cartway_process_cpu_seconds_total",
    help: "CPU time used.",
    labels: ["mode"],
  });
  let counted = { user: 0, system: 0 };
  return beforeRender(() => {
    const used = process.cpuUsage();
    cpu.with({ mode: "user" }).inc(Math.max(0, used.user - counted.user) / 1e6);
    cpu.with({ mode: "system" }).inc(Math.max(0, used.system - counted.system) / 1e6);
    counted = used;
  });
}

/** The maximum delay of the event loop since the last rendering: how long a request waited at worst. */
function measureEventLoop({ gauge, beforeRender }: Parts): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const seconds = gauge({
    name: "cartway_event_loop_delay_seconds",
    help: "Delay of the event loop since the last scrape.",
    labels: ["part"],
  });
  const end = beforeRender(() => {
    seconds.with({ part: "median" }).set(fromNanoseconds(delay.percentile(50)));
    seconds.with({ part: "p99" }).set(fromNanoseconds(delay.percentile(99)));
    seconds.with({ part: "max" }).set(fromNanoseconds(delay.max));
    delay.reset();
  });
  return () => {
    end();
    delay.disable();
  };
}

/** 0 for an empty histogram, which reports its limits. */
function fromNanoseconds(value: number): number {
  return Number.isFinite(value) && value > 0 && value < 3.6e12 ? value / 1e9 : 0;
}

function measureDescriptors({ gauge, beforeRender }: Parts): () => void {
  const limit = /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  gauge({ name: "cartway_process_max_fds", help: "File descriptors the process may open." }).set(
    limit === undefined ? Number.POSITIVE_INFINITY : Number(limit),
  );
  const open = gauge({ name: "cartway_process_open_fds", help: "Open file descriptors." });
  return beforeRender(async () => open.set(await countDescriptors()));
}

const descriptors = "/proc/self/fd";

/** Linux tells their number as the folder's size since 6.2. Before, they have to be listed, off the event loop: it takes 2 ms for 5,000. */
async function countDescriptors(): Promise<number> {
  const { size } = statSync(descriptors);
  return size > 0 ? size : (await readdir(descriptors)).length;
}
