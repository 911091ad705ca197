import { expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { EngineThread } from "./engine-thread.ts";

/** Does what it is told. */
const program = `
  self.onmessage = ({ data }) => {
    if (data === "die") process.exit(3);
    if (data === "fail") postMessage({ error: "no such directory" });
    if (data === "start") postMessage({ ready: true });
  };`;

async function start() {
  const directory = await createTemporaryDirectory();
  const file = directory.file("thread.js");
  await Bun.write(file, program);
  const thread = new EngineThread(Bun.pathToFileURL(file));
  return { thread, [Symbol.asyncDispose]: async () => (thread.terminate(), await directory.remove()) };
}

const failureOf = (asked: Promise<void>): Promise<string> => asked.then(() => "none", String);

test("a request to the engine's thread gets its answer or its error", async () => {
  await using started = await start();
  await started.thread.ask("start", "ready");
  expect(await failureOf(started.thread.ask("fail", "ready"))).toContain("no such directory");
});

test("a request is rejected when the thread ends before it answers, or had already ended", async () => {
  await using started = await start();
  await started.thread.ask("start", "ready");
  expect(await failureOf(started.thread.ask("die", "stopped"))).toContain("has ended");
  expect(await failureOf(started.thread.ask("stop", "stopped"))).toContain("has ended");
});
