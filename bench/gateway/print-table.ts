import { median } from "@libs/measuring";
import type { Measurement } from "./measure.ts";

/** The median of each figure over the rounds, and the ratios to one of the subjects. */
export function printTable(
  title: string,
  measurements: ReadonlyMap<string, readonly Measurement[]>,
  reference: string,
): void {
  console.log(`\n${title}`);
  console.log(
    `peer                   req/s   p50 ms   p99 ms p99.9 ms  half load: p99  added p99  CPU us/req  RSS MiB  errors  req/s and CPU to ${reference}`,
  );
  const referenceRuns = measurements.get(reference) ?? [];
  const referenceCpu = median(referenceRuns.map((one) => one.cpuMicros));
  const referenceRate = median(referenceRuns.map((one) => one.perSecond));
  for (const [name, runs] of measurements) {
    const cell = (pick: (one: Measurement) => number, digits: number, width: number) => {
      const value = median(runs.map(pick));
      return (Number.isNaN(value) ? "-" : value.toFixed(digits)).padStart(width);
    };
    const rate = median(runs.map((one) => one.perSecond)) / referenceRate;
    const cpu = median(runs.map((one) => one.cpuMicros)) / referenceCpu;
    const cells = [
      cell((one) => one.perSecond, 0, 8),
      cell((one) => one.p50Ms, 2, 8),
      cell((one) => one.p99Ms, 2, 8),
      cell((one) => one.p999Ms, 2, 8),
      cell(({ halfLoad }) => halfLoad?.p99Ms ?? Number.NaN, 2, 14),
      cell(({ halfLoad }) => (halfLoad === null ? Number.NaN : halfLoad.p99Ms - halfLoad.directP99Ms), 2, 10),
      cell((one) => one.cpuMicros, 1, 11),
      cell((one) => one.residentMiB, 0, 8),
      cell((one) => one.errors, 0, 7),
      `${rate.toFixed(2)} x`.padStart(10),
      `${cpu.toFixed(2)} x`.padStart(8),
    ];
    console.log(name.padEnd(20) + cells.join(" "));
  }
}

/** How many requests a second one subject answered for each of another's, by the medians; `NaN` where one was not measured. */
export function rateRatio(
  measurements: ReadonlyMap<string, readonly Measurement[]>,
  name: string,
  reference: string,
): number {
  const rateOf = (subject: string) => median((measurements.get(subject) ?? []).map((one) => one.perSecond));
  return rateOf(name) / rateOf(reference);
}
