import { join } from "node:path";

export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export interface LoadRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Drive {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** A directory for the load script. */
  readonly directory: string;
}

export interface Load extends Drive {
  /** Sent one after the other, over and over. */
  readonly requests: readonly LoadRequest[];
}

/** Runs wrk (closed loop, one thread) and reads its own figures, latencies in milliseconds. */
export function runWrk({ requests, ...drive }: Load): Promise<LoadResult> {
  return runLua(drive, luaScript(requests));
}

/** The same with requests that a script makes: its function `request` gives one as text. */
export async function runLua(load: Drive, requestScript: string): Promise<LoadResult> {
  const script = join(load.directory, "load.lua");
  await Bun.write(script, `${requestScript}\n${reportScript}`);
  const wrk = Bun.spawn(
    ["wrk", "-t1", `-c${load.connections}`, `-d${load.seconds}s`, "--timeout", "10s", "-s", script, load.url],
    { stdout: "pipe", stderr: "pipe" },
  );
  const output = await new Response(wrk.stdout).text();
  const line = /^RESULT (.+)$/m.exec(output)?.[1];
  if ((await wrk.exited) !== 0 || line === undefined) {
    throw new Error(`wrk failed: ${output}${await new Response(wrk.stderr).text()}`);
  }
  const [requests = 0, errors = 0, micros = 0, p50 = 0, p99 = 0, p999 = 0] = line.split(" ").map(Number);
  const seconds = micros / 1e6;
  return {
    requests,
    errors,
    seconds,
    perSecond: requests / seconds,
    p50Ms: p50 / 1000,
    p99Ms: p99 / 1000,
    p999Ms: p999 / 1000,
  };
}

/** Requests are formatted once: what is measured is the peer, not the script. */
function luaScript(requests: readonly LoadRequest[]): string {
  const lines = requests.map(({ path, headers = {} }, index) => {
    const fields = Object.entries(headers).map(
      ([name, value]) => `[${JSON.stringify(name)}]=${JSON.stringify(value)}`,
    );
    return `  prepared[${index}] = wrk.format("GET", ${JSON.stringify(path)}, {${fields.join(",")}})`;
  });
  return `local prepared = {}
local next = 0
function init()
${lines.join("\n")}
end
function request()
  next = (next + 1) % ${requests.length}
  return prepared[next]
end`;
}

const reportScript = `function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
`;
