import { Latencies } from "./latencies.ts";

export interface OwnLoad {
  /** What was measured so far is forgotten. */
  restart(): void;
  /** How late the event loop came to a timer of 5 ms: whatever else this process measures is wrong by as much. */
  readonly lags: Latencies;
  /** Processor time of this process, all its threads, in cores. */
  cores(): number;
  stop(): void;
}

const everyMs = 5;

/** Watches what a measuring program takes itself: it runs on the machine that it measures. */
export function watchOwnLoad(): OwnLoad {
  let lags = new Latencies();
  let cpuBefore = process.cpuUsage();
  let begunAt = performance.now();
  let last = begunAt;
  const timer = setInterval(() => {
    const now = performance.now();
    lags.add(Math.max(0, now - last - everyMs));
    last = now;
  }, everyMs);
  return {
    restart() {
      lags = new Latencies();
      cpuBefore = process.cpuUsage();
      begunAt = performance.now();
    },
    get lags() {
      return lags;
    },
    cores() {
      const { user, system } = process.cpuUsage(cpuBefore);
      return (user + system) / 1000 / (performance.now() - begunAt);
    },
    stop: () => clearInterval(timer),
  };
}
