import { createEventLog, type EventLog } from "./event-log.ts";

export interface SpawnedProcess extends AsyncDisposable {
  readonly pid: number;
  /** Lines of standard output, without line ends. */
  readonly lines: EventLog<string>;
  /** Lines of standard error. */
  readonly errors: EventLog<string>;
  /** The exit code (128 plus the signal's number after a signal), once all output was read. */
  readonly exited: Promise<number>;
  kill(signal?: NodeJS.Signals): void;
}

export interface SpawnOptions {
  /** The complete environment of the process; inherited by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Runs a TypeScript file in a process of its own, under the same Bun. `await using` kills it if it still runs. */
export function spawnScript(
  script: string,
  args: readonly string[] = [],
  { env = process.env, cwd }: SpawnOptions = {},
): SpawnedProcess {
  const child = Bun.spawn([process.execPath, script, ...args], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const lines = createEventLog<string>();
  const errors = createEventLog<string>();
  const exited = Promise.all([
    readLines(child.stdout, lines.push),
    readLines(child.stderr, errors.push),
  ]).then(() => child.exited);
  return {
    pid: child.pid,
    lines,
    errors,
    exited,
    kill: (signal = "SIGTERM") => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function readLines(stream: ReadableStream<Uint8Array>, push: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) push(line);
  }
  if (rest !== "") push(rest);
}
