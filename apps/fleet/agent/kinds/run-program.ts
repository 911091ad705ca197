import { type Outcome, storable, succeeded } from "./command-handler.ts";

const outputCharsMax = 8000;
const programMs = 120_000;

/** Runs a program that the shop's config names, without a shell, for two minutes at most. */
export async function runProgram(command: readonly string[], signal: AbortSignal): Promise<Outcome> {
  const [program, ...rest] = command;
  if (program === undefined) throw new Error("the agent's config names no program");
  const child = Bun.spawn([program, ...rest], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    signal: AbortSignal.any([signal, AbortSignal.timeout(programMs)]),
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  const endOf = (text: string) => storable(text.slice(-outputCharsMax));
  const output = { exitCode, stdout: endOf(stdout), stderr: endOf(stderr) };
  if (exitCode === 0) return succeeded(output);
  return { outcome: "failed", message: `${program} ended with ${exitCode}`, output };
}
