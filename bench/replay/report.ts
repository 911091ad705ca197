import { rocAuc } from "@apps/prediction";
import type { StoredCounts } from "./platforms/replay-platform.ts";
import type { Player } from "./player.ts";
import type { Latencies } from "@libs/measuring";
import type { UsageReport } from "./usage-watch.ts";

export interface PlayedRun {
  readonly player: Player;
  /** Events of the run. */
  readonly total: number;
  readonly seconds: number;
  /** By index of the session: whether it ended in a purchase. */
  readonly purchased: readonly boolean[];
  readonly usage: UsageReport | null;
}

/** The results of a run, one per line. */
export function describeRun({ player, total, seconds, purchased, usage }: PlayedRun): [string, string][] {
  const { result } = player;
  const predicted = [...result.predictions];
  const auc = rocAuc(
    predicted.map(([, probability]) => probability),
    predicted.map(([index]) => (purchased[index] === true ? 0 : 1)),
  );
  return [
    ["sent", String(result.sent)],
    ["acknowledged", String(result.acknowledged)],
    ["rejected", `${result.rejected}${describeCounts(result.rejections)}`],
    ["lost", String(lost(player))],
    ["never sent", String(total - result.sent)],
    ["seconds", seconds.toFixed(1)],
    ["events per second", (result.acknowledged / seconds).toFixed(0)],
    ["ack latency p50 / p99 (ms)", latency(result.latencies)],
    ["reconnects", String(player.reconnects)],
    ["retried frames", `${sumOf(player.retries)}${describeCounts(player.retries)}`],
    ["predictions / failed", `${result.predictions.size} / ${result.predictionsFailed}`],
    ["prediction latency p50 / p99 (ms)", latency(result.predictionLatencies)],
    ["AUC of the predictions", auc.toFixed(4)],
    ...(usage === null ? [] : describeUsage(usage, result.acknowledged)),
  ];
}

export function describeStored({ rows, ids }: StoredCounts): [string, string][] {
  return [["stored rows / distinct ids", `${rows} / ${ids}`]];
}

export function isWhole({ player, total }: PlayedRun): boolean {
  return lost(player) === 0 && player.result.rejected === 0 && player.result.sent === total;
}

function lost({ result }: Player): number {
  return result.sent - result.acknowledged - result.rejected;
}

function describeUsage(usage: UsageReport, events: number): [string, string][] {
  const { residentPeakBytes, residentBytes, cpuSeconds, byProcess } = usage;
  const proportional = mebibytes(usage.proportionalBytes);
  const each = (figure: (one: UsageReport["byProcess"][number]) => string): string =>
    byProcess.map((one) => `${one.name} ${figure(one)}`).join(", ");
  return [
    ["resident MiB, peak / at the end", `${mebibytes(residentPeakBytes)} / ${mebibytes(residentBytes)}`],
    ["of which", each((one) => mebibytes(one.residentBytes))],
    ["proportional MiB at the end", proportional],
    ["CPU seconds / us an event", `${cpuSeconds.toFixed(1)} / ${((cpuSeconds / events) * 1e6).toFixed(0)}`],
    ["of which", each((one) => one.cpuSeconds.toFixed(1))],
  ];
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function latency(latencies: Latencies): string {
  return `${latencies.percentile(0.5).toFixed(1)} / ${latencies.percentile(0.99).toFixed(1)}`;
}

function describeCounts(counts: ReadonlyMap<string, number>): string {
  return counts.size === 0 ? "" : ` (${[...counts].map(([code, count]) => `${code} ${count}`).join(", ")})`;
}
