import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import { createSpawnWorker } from "./spawn-worker.ts";

const fixture = join(import.meta.dir, "../../test/workers/fixture-worker.ts");

function spawn(mode: string) {
  const lines = createEventLog<string>();
  const messages = createEventLog<unknown>();
  const spawnWorker = createSpawnWorker({
    command: [process.execPath, fixture, mode],
    env: process.env,
    output: { write: lines.push },
  });
  const worker = spawnWorker({ number: 2, port: 4711, portSharing: "joined" });
  const closed = Promise.withResolvers<void>();
  worker.channel.onMessage(messages.push);
  worker.channel.onClosed(closed.resolve);
  return { worker, lines, messages, closed: closed.promise };
}

describe("a spawned worker", () => {
  test("knows its assignment, uses its channel, and has its output forwarded to the last line", async () => {
    const { worker, lines, messages, closed } = spawn("echo");
    expect(await messages.next()).toEqual({ assignment: { number: 2, port: 4711, portSharing: "joined" } });
    worker.channel.send({ bytes: new Uint8Array([1, 2, 3]) });
    expect(await messages.next()).toEqual({ echo: { bytes: new Uint8Array([1, 2, 3]) } });
    worker.channel.send("end");
    expect(await worker.exited).toEqual({ code: 7, signal: null });
    expect(lines.all.join("")).toEndWith("the last line\n");
    await closed;
    worker.channel.send("nobody is there");
  });

  test("does not receive the signals of its supervisor's terminal", async () => {
    const { worker, messages } = spawn("echo");
    await messages.next();
    const stat = await Bun.file(`/proc/${worker.pid}/stat`).text();
    const [, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    expect(Number(session)).toBe(worker.pid);
    worker.kill("SIGKILL");
    expect(await worker.exited).toEqual({ code: null, signal: "SIGKILL" });
  });
});
