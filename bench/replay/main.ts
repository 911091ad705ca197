/**
 * `bun run replay FILE.csv [--rate N] [--url ws://...] [--limit N] [--run NAME]`: plays real visits as cart events through
 * real WebSocket connections, and prints what was sent, acknowledged, rejected and lost, how fast, and how well the
 * platform's own predictions told how the visits ended. Exits 1 when an event was lost or rejected.
 */
import { parseArgs } from "node:util";
import { Player } from "./player.ts";
import { rocAuc } from "./roc-auc.ts";
import { type SessionEvents, sessionEvents } from "./session-events.ts";
import { readSessionRows, type SessionRow } from "./session-row.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: "string", default: "5000" },
    url: { type: "string", default: "ws://127.0.0.1:3000/ws" },
    limit: { type: "string" },
    connections: { type: "string", default: "32" },
    sessions: { type: "string", default: "400" },
    "in-flight": { type: "string", default: "20000" },
    patience: { type: "string", default: "60" },
    run: { type: "string", default: crypto.randomUUID().slice(0, 8) },
  },
});
const [file] = positionals;
if (file === undefined) {
  console.error(
    "usage: bun run replay FILE.csv [--rate EVENTS_PER_SECOND] [--url WS_URL] [--limit SESSIONS] [--run NAME]",
  );
  process.exit(2);
}

const rows = (await readSessionRows(file)).slice(
  0,
  values.limit === undefined ? undefined : number(values.limit, "limit"),
);
const player = new Player(eachSession(rows, values.run), {
  url: values.url,
  ratePerSec: number(values.rate, "rate"),
  connections: number(values.connections, "connections"),
  sessionsAtOnce: number(values.sessions, "sessions"),
  inFlightMax: number(values["in-flight"], "in-flight"),
});
const total = rows.reduce((sum, row, index) => sum + countEvents(row, index), 0);
console.log(`replaying ${rows.length} visits, ${total} events, run ${values.run}, to ${values.url}`);
const startedAt = performance.now();
const bar = setInterval(() => drawBar(), 200);
await player.play(number(values.patience, "patience") * 1000);
clearInterval(bar);
drawBar();
const seconds = (performance.now() - startedAt) / 1000;
printReport();

function* eachSession(all: readonly SessionRow[], run: string): Generator<[number, SessionEvents]> {
  for (const [index, row] of all.entries()) yield [index, sessionEvents(row, index, run, Date.now())];
}

function countEvents(row: SessionRow, index: number): number {
  const { visit, ending } = sessionEvents(row, index, "", 0);
  return visit.length + ending.length;
}

function drawBar(): void {
  if (!process.stdout.isTTY) return;
  const share = total === 0 ? 1 : player.result.acknowledged / total;
  const width = 32;
  const full = Math.round(share * width);
  const text = `${"█".repeat(full)}${"░".repeat(width - full)} ${(share * 100).toFixed(1)} %`;
  process.stdout.write(
    `\r${text}  ${player.result.acknowledged} acknowledged, ${player.inFlight} in flight   `,
  );
}

function printReport(): void {
  const { result } = player;
  const lost = result.sent - result.acknowledged - result.rejected;
  const scored = rows.flatMap((row, index) => {
    const score = result.predictions.get(index);
    return score === undefined ? [] : [{ score, positive: !row.revenue }];
  });
  const lines: [string, string][] = [
    ["sent", String(result.sent)],
    ["acknowledged", String(result.acknowledged)],
    ["rejected", `${result.rejected}${describe(result.rejections)}`],
    ["lost", String(lost)],
    ["never sent", String(total - result.sent)],
    ["seconds", seconds.toFixed(1)],
    ["events per second", (result.acknowledged / seconds).toFixed(0)],
    ["ack latency p50 / p99 (ms)", latency(result.latencies)],
    ["reconnects / retried frames", `${player.reconnects} / ${player.retries}`],
    ["predictions / failed", `${result.predictions.size} / ${result.predictionsFailed}`],
    ["prediction latency p50 / p99 (ms)", latency(result.predictionLatencies)],
    ["AUC of the predictions", rocAuc(scored).toFixed(4)],
  ];
  console.log("");
  for (const [name, value] of lines) console.log(`${name.padEnd(36)}${value}`);
  process.exitCode = lost === 0 && result.rejected === 0 && result.sent === total ? 0 : 1;
}

function latency(latencies: typeof player.result.latencies): string {
  return `${latencies.percentile(0.5).toFixed(1)} / ${latencies.percentile(0.99).toFixed(1)}`;
}

function describe(counts: ReadonlyMap<string, number>): string {
  return counts.size === 0 ? "" : ` (${[...counts].map(([code, count]) => `${code} ${count}`).join(", ")})`;
}

function number(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    console.error(`--${option}: expected a number above 0, found ${JSON.stringify(text)}`);
    process.exit(2);
  }
  return value;
}
