import { readCommandLine } from "@libs/command-line";

export interface ReplayOptions {
  readonly file: string;
  readonly url: string;
  readonly platform: "processes" | "all-in-one" | null;
  /** The process that is killed in the middle of the first run. */
  readonly kill: string | null;
  readonly runs: number;
  readonly run: string;
  readonly limit: number;
  readonly ratePerSec: number;
  readonly connections: number;
  readonly sessionsAtOnce: number;
  readonly inFlightMax: number;
  readonly patienceMs: number;
}

const usage = `usage: bun run replay FILE.csv [options]
  --rate N        events per second over all connections (5000)
  --url URL       the hub of a platform that runs (ws://127.0.0.1:3000/ws)
  --platform P    starts one instead, on stores of its own: "processes" (one an app, real servers) or "all-in-one"
  --kill NAME     with --platform: kill -9 of this process in the middle of the first run, started again at once
  --runs N        plays the file so often, each run under ids of its own (1)
  --run NAME      of the first run, what its ids begin with; the same name again is the same events (random)
  --limit N       so many visits of the file
  --connections N --sessions N --in-flight N   sockets, visits at once, unanswered frames (32, 400, 20000)
  --patience N    seconds without any answer after which it gives up (60)`;

/** Parses the program's arguments, or `args` if given. Exits the program if they are invalid. */
export function readOptions(args = process.argv.slice(2)): ReplayOptions {
  const { values, positionals, number, refuse } = readCommandLine(usage, {
    args,
    allowPositionals: true,
    options: {
      rate: { type: "string", default: "5000" },
      url: { type: "string", default: "ws://127.0.0.1:3000/ws" },
      platform: { type: "string" },
      kill: { type: "string" },
      runs: { type: "string", default: "1" },
      limit: { type: "string" },
      connections: { type: "string", default: "32" },
      sessions: { type: "string", default: "400" },
      "in-flight": { type: "string", default: "20000" },
      patience: { type: "string", default: "60" },
      run: { type: "string", default: crypto.randomUUID().slice(0, 8) },
    },
  });
  const { platform = null, kill = null } = values;
  if (platform !== null && platform !== "processes" && platform !== "all-in-one")
    return refuse(`--platform: expected processes or all-in-one, found ${JSON.stringify(platform)}`);
  if (kill !== null && platform === null) refuse("--kill needs a --platform");
  const positive = (option: Parameters<typeof number>[0]): number =>
    number(option) || refuse(`--${option}: expected a number above 0`);
  return {
    file: positionals[0] ?? refuse("no file is given"),
    url: values.url,
    platform,
    kill,
    runs: Math.ceil(positive("runs")),
    run: values.run,
    limit: values.limit === undefined ? Number.POSITIVE_INFINITY : positive("limit"),
    ratePerSec: positive("rate"),
    connections: positive("connections"),
    sessionsAtOnce: positive("sessions"),
    inFlightMax: positive("in-flight"),
    patienceMs: positive("patience") * 1000,
  };
}
