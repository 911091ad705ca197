import { Latencies } from "./latencies.ts";

export interface OwnLoad {
  /** Discards what was measured so far. */
  restart(): void;
  /** How late timers of 5 ms fired: the error of anything else that this process measures. */
  readonly lags: Latencies;
  /** CPU time of this process, all threads, in cores. */
  cores(): number;
  stop(): void;
}

const everyMs = 5;

/** Measures the load of the measuring program itself, which shares the machine with what it measures. */
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
