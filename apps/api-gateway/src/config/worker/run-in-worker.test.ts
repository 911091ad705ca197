import { expect, test } from "bun:test";
import { pathToFileURL } from "node:url";
import { createTemporaryDirectory } from "@libs/testing";
import { runInWorker } from "./run-in-worker.ts";

const answering = 'self.addEventListener("message", ({ data }) => self.postMessage([data]));';

test.each([
  ["ends its thread", "process.exit(0);", "ended its process"],
  ["throws", 'throw new Error("broken");', "broken"],
  ["never answers", 'self.addEventListener("message", () => undefined);', "longer than 500 ms"],
])(
  "a program that %s is reported, and not waited for longer than necessary",
  async (_name, text, problem) => {
    await using directory = await createTemporaryDirectory();
    await Bun.write(directory.file("program.ts"), text);
    const program = pathToFileURL(directory.file("program.ts"));
    await expect(runInWorker(program, "asked", 500)).rejects.toThrow(problem);
  },
);

test("the first message is the answer", async () => {
  await using directory = await createTemporaryDirectory();
  await Bun.write(directory.file("program.ts"), answering);
  expect(await runInWorker<string[]>(pathToFileURL(directory.file("program.ts")), "asked")).toEqual([
    "asked",
  ]);
});
