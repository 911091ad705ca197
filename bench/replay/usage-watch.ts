import { processUsage, proportionalBytes } from "../gateway/process-usage.ts";

export interface UsageWatch {
  end(): UsageReport;
}

/** Resources of a platform's processes and their descendants together. */
export interface UsageReport {
  /** Largest sum seen, and the sum at the end; shared pages count once per process: an upper bound. */
  readonly residentPeakBytes: number;
  readonly residentBytes: number;
  /** At the end, with shared pages counted proportionally: the machine's actual use. */
  readonly proportionalBytes: number;
  /** Of the processes running at the end, since the watch began. */
  readonly cpuSeconds: number;
  readonly byProcess: readonly {
    readonly name: string;
    readonly residentBytes: number;
    readonly cpuSeconds: number;
  }[];
}

const everyMs = 1000;

export function watchUsage(pids: () => Readonly<Record<string, number>>): UsageWatch {
  let residentPeakBytes = 0;
  const cpuBefore = new Map(Object.values(pids()).map((pid) => [pid, processUsage(pid).cpuSeconds]));

  function look(): Omit<UsageReport, "proportionalBytes"> {
    const byProcess = Object.entries(pids()).map(([name, pid]) => {
      const { residentBytes, cpuSeconds } = processUsage(pid);
      return { name, residentBytes, cpuSeconds: cpuSeconds - (cpuBefore.get(pid) ?? 0) };
    });
    const residentBytes = byProcess.reduce((sum, one) => sum + one.residentBytes, 0);
    residentPeakBytes = Math.max(residentPeakBytes, residentBytes);
    const cpuSeconds = byProcess.reduce((sum, one) => sum + one.cpuSeconds, 0);
    return { residentPeakBytes, residentBytes, cpuSeconds, byProcess };
  }

  const timer = setInterval(look, everyMs);
  return {
    end() {
      clearInterval(timer);
      const proportional = Object.values(pids()).map(proportionalBytes);
      return { ...look(), proportionalBytes: proportional.reduce((sum, bytes) => sum + bytes, 0) };
    },
  };
}
