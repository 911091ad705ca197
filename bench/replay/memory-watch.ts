import { processUsage } from "../gateway/process-usage.ts";

export interface MemoryWatch {
  /** The largest sums seen, and each process as it is now, in bytes. */
  end(): MemoryReport;
}

export interface MemoryReport {
  readonly peakBytes: number;
  readonly lastBytes: number;
  readonly byProcess: readonly (readonly [name: string, bytes: number])[];
}

const everyMs = 1000;

/** Resident memory of several processes and their descendants, pages that they share counted at each: an upper bound. */
export function watchMemory(pids: () => Readonly<Record<string, number>>): MemoryWatch {
  let peakBytes = 0;
  function look(): MemoryReport {
    const byProcess = Object.entries(pids()).map(
      ([name, pid]) => [name, processUsage(pid).residentBytes] as const,
    );
    const lastBytes = byProcess.reduce((sum, [, bytes]) => sum + bytes, 0);
    peakBytes = Math.max(peakBytes, lastBytes);
    return { peakBytes, lastBytes, byProcess };
  }
  const timer = setInterval(look, everyMs);
  return {
    end() {
      clearInterval(timer);
      return look();
    },
  };
}
