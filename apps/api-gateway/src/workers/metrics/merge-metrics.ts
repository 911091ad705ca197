import { type ExposedFamily, withLabel } from "./exposition.ts";
import { type Meaning, meaningOf } from "./gauge-meanings.ts";

type Families = ReadonlyMap<string, ExposedFamily>;

/** The metrics of one process, and its value of the label `worker`. */
export interface MetricsPart {
  readonly worker: string;
  readonly families: Families;
}

/** Series that processes which have ended leave behind: more of them would be names that change with each. */
const leftSeriesMax = 100_000;

/** Merges the metrics of several processes. The first one with a family determines its type and help. */
export function mergeMetrics(parts: readonly MetricsPart[]): Map<string, ExposedFamily> {
  const merged = new Map<string, ExposedFamily>();
  for (const { worker, families } of parts) {
    for (const family of families.values()) {
      const { series } = familyOf(merged, family);
      for (const [key, value] of family.series) {
        const meaning = meaningOf(family, key);
        const place = meaning === "apart" ? withLabel(key, "worker", worker) : key;
        series.set(place, combine(meaning, series.get(place), value));
      }
    }
  }
  return merged;
}

/**
 * Adds an ended process's counts to `left`. Without it sums would fall whenever a process dies, which Prometheus would take for a restart,
 * and count the rest again.
 */
export function addCounts(left: Map<string, ExposedFamily>, families: Families): void {
  let room = leftSeriesMax;
  for (const { series } of left.values()) room -= series.size;
  for (const family of families.values()) {
    if (family.type === "gauge") continue;
    const { series } = familyOf(left, family);
    for (const [key, value] of family.series) {
      if (meaningOf(family, key) !== "sum") continue;
      const before = series.get(key);
      if (before === undefined && (room -= 1) < 0) continue;
      series.set(key, (before ?? 0) + value);
    }
  }
}

function familyOf(families: Map<string, ExposedFamily>, { name, help, type }: ExposedFamily): ExposedFamily {
  const known = families.get(name);
  if (known !== undefined) return known;
  const made = { name, help, type, series: new Map<string, number>() };
  families.set(name, made);
  return made;
}

function combine(meaning: Meaning, before: number | undefined, value: number): number {
  if (before === undefined) return value;
  switch (meaning) {
    case "sum":
      return before + value;
    case "least":
      return Math.min(before, value);
    case "greatest":
      return Math.max(before, value);
    case "apart":
      return value;
  }
}
