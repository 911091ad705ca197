import { readdirSync, readFileSync } from "node:fs";

export interface ProcessUsage {
  /** Seconds of CPU that the process and its living descendants have used. */
  readonly cpuSeconds: number;
  /** Resident bytes of all of them. */
  readonly residentBytes: number;
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** Usage of a process and its descendants so far, from Linux's `/proc` (proc(5)). */
export function processUsage(pid: number): ProcessUsage {
  const members = readFamily(pid);
  return {
    cpuSeconds: members.reduce((sum, one) => sum + one.ticks, 0) / ticksPerSecond,
    residentBytes: members.reduce((sum, one) => sum + one.pages, 0) * pageBytes,
  };
}

/**
 * Memory of a process and its descendants with shared pages counted proportionally (PSS), so that sums over processes are the
 * machine's actual use. Slower than the resident size: use it at the end of a run, not during it.
 */
export function proportionalBytes(pid: number): number {
  return readFamily(pid).reduce((sum, one) => sum + readProportional(one.pid), 0);
}

function readProportional(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    // ended between the listing and the reading
    return 0;
  }
}

/** The process and its living descendants. */
export function familyOf(pid: number): readonly number[] {
  return readFamily(pid).map((one) => one.pid);
}

function readFamily(pid: number): ProcessLine[] {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess);
  const family = new Set([pid]);
  for (let grown = true; grown; ) {
    const before = family.size;
    for (const one of processes) if (family.has(one.parent)) family.add(one.pid);
    grown = family.size > before;
  }
  return processes.filter((one) => family.has(one.pid));
}

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly pages: number;
}

/** Empty for a process that ended between the listing and the reading. */
function readProcess(name: string): ProcessLine[] {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${name}/stat`, "utf8");
  } catch {
    return [];
  }
  // The command may contain spaces and brackets: fields are counted from the last bracket (field 3 is `fields[0]`).
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [parent = 0, userTicks = 0, systemTicks = 0, pages = 0] = [
    fields[1],
    fields[11],
    fields[12],
    fields[21],
  ];
  return [{ pid: Number(name), parent, ticks: userTicks + systemTicks, pages }];
}
