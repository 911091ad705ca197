import { afterAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunnerOutput } from "./runner-output.ts";

const directory = await mkdtemp(join(tmpdir(), "cartway-runner-"));
afterAll(() => rm(directory, { recursive: true }));

/** What the runner of this version prints about these tests. */
async function outputOf(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) await Bun.write(join(directory, name), text);
  const command = [process.execPath, "test", "--retry=1", "--parallel=2"];
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  const child = Bun.spawn(command, { cwd: directory, env, stdout: "ignore", stderr: "pipe" });
  return await new Response(child.stderr).text();
}

test("a test that passes only when it is run again is named with its file, and no other is", async () => {
  const text = await outputOf({
    "first.test.ts": `import { describe, expect, test } from "bun:test";
      let tries = 0;
      describe("a suite", () => {
        test("passes at the second try [1]", () => expect(++tries).toBe(2));
        test("passes", () => undefined);
        test.skip("is skipped", () => undefined);
      });`,
    "second.test.ts": `import { expect, test } from "bun:test";
      test("fails (attempt 2)", () => expect(1).toBe(2));`,
  });
  const output = createRunnerOutput();
  const shown = text.split("\n").flatMap((line) => output.take(line));
  expect(output.secondTries).toEqual(["first.test.ts: a suite > passes at the second try [1]"]);
  expect(shown.filter((line) => line.startsWith("(skip)"))).toEqual([]);
  expect(shown.filter((line) => line.startsWith("(pass)"))).toHaveLength(1);
  expect(shown.some((line) => line.startsWith("(fail) fails (attempt 2) (attempt 2)"))).toBe(true);
  expect(shown.join("\n")).toContain("Expected: 2");
});

test("a file in which all is well is not shown", () => {
  const output = createRunnerOutput();
  const lines = ["a.test.ts:", "(pass) one", "", "b.test.ts:", "(fail) two [1.00ms]"];
  expect(lines.flatMap((line) => output.take(line))).toEqual(["", "b.test.ts:", "(fail) two [1.00ms]"]);
});
