import { describe, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";

/** A process that logs by turns of the loop, some written and some still waiting when it ends. */
function script(end: string, lines = 500, padding = ""): string {
  return `
    const { createLogger } = await import(${JSON.stringify(`${import.meta.dir}/create-logger.ts`)});
    const logger = createLogger({ name: "app" });
    for (let line = 0; line < ${lines}; line += 1) {
      logger.info({ line, padding: ${JSON.stringify(padding)} }, "text");
      if (line % 3 === 0) await Promise.resolve();
      if (line % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    ${end}`;
}

const spawn = (code: string) =>
  Bun.spawn([process.execPath, "-e", code], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });

async function linesOf(code: string): Promise<readonly { line?: number; dropped?: number }[]> {
  const text = await spawn(code).stdout.text();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const inOrder = Array.from({ length: 500 }, (_, line) => line);

describe("every line reaches standard output, in order", () => {
  test.each([
    ["flushes and exits", "await logger.flush(); process.exit(0);"],
    ["exits without a flush", "process.exit(0);"],
    ["comes to its end", ""],
    ["ends by an error that nobody catches", `throw new Error("end");`],
  ])("where the process %s", async (_name, end) => {
    const lines = await linesOf(script(end));
    expect(lines.map(({ line }) => line)).toEqual(inOrder);
  });
});

describe("a reader", () => {
  test("that stalls causes counted losses of lines, and bounded memory", async () => {
    await using directory = await createTemporaryDirectory();
    const logged = directory.file("logged");
    const end = `await Bun.write(${JSON.stringify(logged)}, ""); await logger.flush(); process.exit(0);`;
    await Bun.write(directory.file("app.ts"), script(end, 6000, "x".repeat(6000)));
    // A pipe that nobody reads before everything has been logged.
    const reader = `"$0" "$1" | { while [ ! -e "$2" ]; do sleep 0.02; done; cat; }`;
    const command = ["sh", "-c", reader, process.execPath, directory.file("app.ts"), logged];
    const text = await Bun.spawn(command, { stdin: "ignore", stdout: "pipe" }).stdout.text();
    const lines = text.trim().split("\n");
    const last: unknown = JSON.parse(lines.at(-1) ?? "");
    expect(last).toMatchObject({
      level: "warn",
      message: "log lines were dropped",
      dropped: 6000 - (lines.length - 1),
    });
  });

  test("that disconnects neither ends the process nor causes errors", async () => {
    const child = spawn(script(`await logger.flush(); process.exit(7);`, 6000, "x".repeat(1000)));
    await child.stdout.getReader().cancel();
    expect(await child.exited).toBe(7);
    expect(await child.stderr.text()).toBe("");
  });
});
