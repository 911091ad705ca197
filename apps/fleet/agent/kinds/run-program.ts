import type { ReadableStreamDefaultReader } from "node:stream/web";
import { pause } from "@libs/resilience";
import { type Outcome, storable, succeeded } from "./command-handler.ts";

const outputCharsMax = 8000;
const programMs = 120_000;
/** How long to read on after the program has ended. */
const lastOutputMs = 500;

/**
 * Runs a program that the shop's config names, without a shell, for two minutes at most. Its end counts, not that of its output: what it
 * left running, such as a restarted service, may hold that open for ever.
 */
export async function runProgram(command: readonly string[], signal: AbortSignal): Promise<Outcome> {
  const [program, ...rest] = command;
  if (program === undefined) throw new Error("the agent's config names no program");
  const child = Bun.spawn([program, ...rest], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    signal: AbortSignal.any([signal, AbortSignal.timeout(programMs)]),
  });
  const stdout = new Tail(child.stdout);
  const stderr = new Tail(child.stderr);
  const exitCode = await child.exited;
  const isRead = new AbortController();
  void Promise.allSettled([stdout.ended, stderr.ended]).then(() => isRead.abort());
  await pause(lastOutputMs, isRead.signal);
  const output = { exitCode, stdout: storable(await stdout.end()), stderr: storable(await stderr.end()) };
  if (exitCode === 0) return succeeded(output);
  return { outcome: "failed", message: `${program} ended with ${exitCode}`, output };
}

/** The last characters of a stream. */
class Tail {
  /** Resolves when everything was read. */
  readonly ended: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.ended = this.#read();
  }

  /** What has come so far; nothing more is read. */
  async end(): Promise<string> {
    await this.#reader.cancel();
    return this.#text;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      this.#text = (this.#text + decoder.decode(value, { stream: true })).slice(-outputCharsMax);
    }
  }
}
