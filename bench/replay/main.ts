/**
 * `bun run replay FILE.csv [options]`: plays real visits as cart events through real WebSocket connections, and prints what
 * was sent, acknowledged, rejected and lost, how fast, and how well the platform's own predictions matched the
 * outcomes. With `--platform` it starts its own platform, monitors its resources and counts what is stored. Exits 1 when an
 * event was lost, rejected, or is not stored exactly once.
 */
import { readFile } from "node:fs/promises";
import { orEnd } from "@libs/command-line";
import { type LabelledSession, readCsv } from "@apps/prediction";
import { readOptions } from "./options.ts";
import { startAllInOnePlatform } from "./platforms/all-in-one.ts";
import { startProcessesPlatform } from "./platforms/processes.ts";
import type { ReplayPlatform } from "./platforms/replay-platform.ts";
import { Player } from "./player.ts";
import { describeRun, describeStored, isWhole, type PlayedRun } from "./report.ts";
import { type SessionEvents, sessionEvents } from "./session-events.ts";
import { watchUsage } from "./usage-watch.ts";

const platforms = {
  processes: startProcessesPlatform,
  "all-in-one": startAllInOnePlatform,
} as const;

const options = readOptions();
const sessions = (await orEnd(visitsOf(options.file))).slice(0, options.limit);
const total = sessions.reduce((sum, session, index) => sum + countEvents(session, index), 0);
const platform = options.platform === null ? null : await platforms[options.platform]();
try {
  process.exitCode = (await replay()) ? 0 : 1;
} finally {
  await platform?.stop();
}

async function replay(): Promise<boolean> {
  let isRight = true;
  const names = Array.from({ length: options.runs }, (_, n) =>
    n === 0 ? options.run : `${options.run}.${n}`,
  );
  for (const [number, run] of names.entries()) {
    const played = await playRun(run, number === 0 ? options.kill : null);
    print(describeRun(played));
    isRight &&= isWhole(played);
  }
  if (platform === null) return isRight;
  // common to all runs: each run's name starts with that of the first
  const stored = await platform.countEvents(options.run);
  print(describeStored(stored));
  return isRight && stored.rows === total * options.runs && stored.ids === stored.rows;
}

async function playRun(run: string, kill: string | null): Promise<PlayedRun> {
  const { url, patienceMs, ...pace } = options;
  const target = platform?.url ?? url;
  console.log(`replaying ${sessions.length} visits, ${total} events, run ${run}, to ${target}`);
  const player = new Player(eachSession(run), { ...pace, url: target });
  const usage = platform === null ? null : watchUsage(() => platform.pids());
  const startedAt = performance.now();
  const bar = setInterval(() => drawBar(player), 200);
  const crashed = platform === null || kill === null ? null : crashInTheMiddle(platform, player, kill);
  await player.play(patienceMs);
  clearInterval(bar);
  drawBar(player);
  const seconds = (performance.now() - startedAt) / 1000;
  await crashed;
  const purchased = sessions.map((session) => session.purchased);
  return { player, total, seconds, purchased, usage: usage?.end() ?? null };
}

async function crashInTheMiddle(running: ReplayPlatform, player: Player, name: string): Promise<void> {
  while (player.result.acknowledged < total / 2 && !player.finished) await Bun.sleep(10);
  const { acknowledged } = player.result;
  const startedAt = performance.now();
  await running.crash(name);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `\nkill -9 of ${name} after ${acknowledged} acknowledged events; ready again after ${seconds} s`,
  );
}

function* eachSession(run: string): Generator<[number, SessionEvents]> {
  for (const [index, session] of sessions.entries())
    yield [index, sessionEvents(session, index, run, Date.now())];
}

function countEvents(session: LabelledSession, index: number): number {
  const { visit, ending } = sessionEvents(session, index, "", 0);
  return visit.length + ending.length;
}

function drawBar(player: Player): void {
  if (!process.stdout.isTTY) return;
  const { acknowledged } = player.result;
  const share = total === 0 ? 1 : acknowledged / total;
  const width = 32;
  const full = Math.round(share * width);
  const bar = `${"█".repeat(full)}${"░".repeat(width - full)} ${(share * 100).toFixed(1)} %`;
  process.stdout.write(`\r${bar}  ${acknowledged} acknowledged, ${player.inFlight} in flight   `);
}

function print(lines: readonly (readonly [string, string])[]): void {
  console.log("");
  for (const [name, value] of lines) console.log(`${name.padEnd(36)}${value}`);
}

async function visitsOf(file: string): Promise<readonly LabelledSession[]> {
  if (!(await Bun.file(file).exists())) throw new Error(`${file}: there is no such file`);
  return readCsv(file, await readFile(file, "utf8"));
}
