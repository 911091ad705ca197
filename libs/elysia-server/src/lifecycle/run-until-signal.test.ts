import { describe, expect, test } from "bun:test";
import { closeSync, constants, openSync } from "node:fs";
import { createEventLog, createTemporaryDirectory, type SpawnedProcess, spawnScript } from "@libs/testing";
import { startServer } from "../../test/start-server.ts";

const fixture = `${import.meta.dir}/../../test/fixture-app.ts`;

async function start(...args: string[]): Promise<{ readonly app: SpawnedProcess; readonly url: string }> {
  const app = spawnScript(fixture, args);
  const line = await app.lines.find((text) => text.includes("fixture listens"));
  const { url } = JSON.parse(line) as { url: string };
  return { app, url };
}

const messagesOf = (app: SpawnedProcess) =>
  app.lines.all.map((line) => (JSON.parse(line) as { message: string }).message);

describe("a process that is signalled", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "with %s during a stream completes it, flushes and closes its stores, and exits with 0",
    async (signal) => {
      const { app, url } = await start();
      await using _process = app;
      const answer = await fetch(`${url}/stream`);
      const reader = answer.body?.getReader();
      const first = new TextDecoder().decode((await reader?.read())?.value);
      app.kill(signal);
      await app.lines.find((line) => line.includes('"draining"'));
      let rest = "";
      for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
        rest += new TextDecoder().decode(chunk.value);
      }
      expect(first + rest).toEndWith("part 5\nend");
      expect(await app.exited).toBe(0);
      expect(messagesOf(app)).toEqual([
        "fixture listens",
        "stopping",
        "draining",
        "stores flushed",
        "fixture has stopped",
        "stores closed",
      ]);
    },
  );

  test("by its terminal, and by the program that started it and got the signal too, completes what is in flight", async () => {
    const { app, url } = await start();
    await using _process = app;
    const answer = await fetch(`${url}/stream`);
    for (const expected of ['"stopping"', '"draining"']) {
      app.kill("SIGINT");
      await app.lines.find((line) => line.includes(expected));
    }
    expect(await answer.text()).toEndWith("part 5\nend");
    expect(await app.exited).toBe(0);
  });

  test("again after a while exits at once, whatever is in flight", async () => {
    const { app, url } = await start();
    await using _process = app;
    const cut = fetch(`${url}/never`).then(
      () => "answered",
      () => "cut",
    );
    await fetch(`${url}/healthz`);
    app.kill("SIGTERM");
    await app.lines.find((line) => line.includes('"draining"'));
    const again = setInterval(() => app.kill("SIGTERM"), 100);
    expect(await app.exited).toBe(143);
    clearInterval(again);
    expect(await cut).toBe("cut");
  });

  test("with a stalled reader of its log exits after a short delay", async () => {
    await using directory = await createTemporaryDirectory();
    const pipe = directory.file("lines");
    Bun.spawnSync(["mkfifo", pipe]);
    const [reader, writer] = [openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK), openSync(pipe, "w")];
    const child = Bun.spawn([process.execPath, fixture, "talkative"], { stdout: writer, stderr: "pipe" });
    const errors = createEventLog<string>();
    const told = (async () => {
      for await (const chunk of child.stderr) errors.push(new TextDecoder().decode(chunk));
    })();
    await errors.find((text) => text.includes("has said much"));
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    await told;
    for (const end of [reader, writer]) closeSync(end);
  });

  test("logs what cannot be closed and exits with 1, and closes the rest all the same", async () => {
    const { app } = await start("unclosable");
    await using _process = app;
    app.kill("SIGTERM");
    expect(await app.exited).toBe(1);
    expect(messagesOf(app)).toContain("something could not be closed");
    expect(messagesOf(app)).toContain("stores closed");
  });
});

describe("a process that another may stop", () => {
  test("drains when its signal aborts, and a process signal afterwards interrupts nothing", async () => {
    const child = Bun.spawn([process.execPath, fixture, "ended"], { stdin: "pipe", stdout: "pipe" });
    const output = createEventLog<string>();
    const read = (async () => {
      for await (const chunk of child.stdout) output.push(new TextDecoder().decode(chunk));
    })();
    const url = /"url":"([^"]+)"/.exec(await output.find((text) => text.includes("fixture listens")))?.[1];
    const answer = await fetch(`${url}/stream`);
    await child.stdin.write("end\n");
    await child.stdin.flush();
    await output.find((text) => text.includes('"draining"'));
    child.kill("SIGTERM");
    expect(await answer.text()).toEndWith("part 5\nend");
    expect(await child.exited).toBe(0);
    await read;
  });

  test("does not start if its signal aborted before it was to run", async () => {
    await using app = spawnScript(fixture, ["ended-before"]);
    expect(await app.exited).toBe(0);
    expect(messagesOf(app)).toEqual(["stopping", "stores closed"]);
  });

  test("exits with the other's code if that reported a failure to start, and adds nothing", async () => {
    await using app = spawnScript(fixture, ["told"]);
    expect(await app.exited).toBe(5);
    expect(messagesOf(app)).toEqual(["stores closed"]);
  });
});

describe("a process with a fatal error", () => {
  test("logs an uncaught error and exits with 1 after closing what is open", async () => {
    const { app, url } = await start();
    await using _process = app;
    await fetch(`${url}/crash`);
    expect(await app.exited).toBe(1);
    expect(app.lines.all.find((line) => line.includes('"fatal"'))).toContain("nobody catches this");
    expect(messagesOf(app)).toContain("stores closed");
  });

  test("reports why it cannot start and exits with 1", async () => {
    await using first = await startServer();
    await using app = spawnScript(fixture, ["taken", String(first.port)]);
    expect(await app.exited).toBe(1);
    const taken = `port ${first.port} of 127.0.0.1 is taken by another process: set PORT to another one`;
    expect(messagesOf(app)).toEqual(["stores flushed", `fixture cannot start: ${taken}`, "stores closed"]);
  });
});
