import { expect, test } from "bun:test";
import { pick, pickText } from "@libs/testing";
import { runProgram } from "./run-program.ts";

const { signal } = new AbortController();

test("a program has ended although what it left running holds its output open", async () => {
  const { outcome, output } = await runProgram(["sh", "-c", "sleep 600 & echo $!"], signal);
  process.kill(Number(pickText(output, "stdout")), "SIGKILL");
  expect(outcome).toBe("succeeded");
});

test("a program's output is its last 8000 characters", async () => {
  const script = "process.stdout.write('a'.repeat(300000) + 'end'); console.error('é')";
  const { output } = await runProgram([process.execPath, "-e", script], signal);
  expect(pick(output, "stdout")).toBe(`${"a".repeat(7997)}end`);
  expect(pick(output, "stderr")).toBe("é\n");
});

test("a program that fails fails its command, with its output", async () => {
  const failed = await runProgram(["sh", "-c", "echo broken >&2; exit 3"], signal);
  expect(failed).toMatchObject({
    outcome: "failed",
    output: { exitCode: 3, stdout: "", stderr: "broken\n" },
  });
});
