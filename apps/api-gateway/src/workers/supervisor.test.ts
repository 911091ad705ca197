import { describe, expect, test } from "bun:test";
import { ReportedFailure } from "@libs/elysia-server";
import { waitUntil } from "@libs/testing";
import { checkedConfig } from "../../test/support/start-gateway.ts";
import { createScriptedCrew, type ScriptedWorker, startedAs } from "../../test/workers/scripted-workers.ts";

const configs = [checkedConfig({}), checkedConfig({ server: { via: "another" } })] as const;
const silently = (): void => undefined;
/** Listens, and ends on request. */
const dutiful = (worker: ScriptedWorker): void => {
  worker.listen();
  void worker.seen.find((what) => what === "stop", { timeoutMs: 60_000 }).then(() => worker.exit(), silently);
};

/** Starts two workers, ends the second one, and waits until its successor has asked for the config. */
async function replaceSecond(crew: ReturnType<typeof createScriptedCrew>) {
  const started = crew.supervisor.start();
  const first = await startedAs(crew, 0);
  expect(await first.link.ask("config", null, 5000)).toBeNull();
  first.listen(configs[0]);
  (await startedAs(crew, 1)).listen(configs[0]);
  await started;
  (await startedAs(crew, 1)).exit({ code: 1 });
  const successor = await startedAs(crew, 2);
  expect(await successor.link.ask("config", null, 5000)).toEqual(configs[0]);
  return { first, successor };
}

describe("a supervisor that starts", () => {
  test("lets the first worker open the port, and the others join it", async () => {
    const crew = createScriptedCrew({ count: 3 }, silently);
    const started = crew.supervisor.start();
    const first = await startedAs(crew, 0);
    expect(crew.spawned.all).toHaveLength(1);
    expect(first.assignment).toEqual({ number: 1, port: 0, portSharing: "first" });
    first.listen();
    for (const worker of (await crew.spawned.atLeast(3)).slice(1)) worker.listen();
    await started;
    expect(crew.spawned.all.slice(1).map(({ assignment }) => assignment)).toEqual([
      { number: 2, port: 4711, portSharing: "joined" },
      { number: 3, port: 4711, portSharing: "joined" },
    ]);
    expect(crew.supervisor.address?.port).toBe(4711);
    expect(crew.supervisor.up().map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  test.each([
    [{ code: 2 }, 2],
    [{ code: 0 }, 1],
    [{ code: null, signal: "SIGKILL" }, 1],
  ] as const)("exits with the code of a first worker that cannot start: %p", async (exit, exitCode) => {
    const crew = createScriptedCrew({ count: 3 }, (worker) => worker.exit(exit));
    const failure = await crew.supervisor.start().catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ReportedFailure);
    expect(failure).toMatchObject({ exitCode });
    expect(crew.spawned.all).toHaveLength(1);
    // the end of a killed one is only visible here
    expect(crew.log.lines.map(({ level }) => level)).toEqual(
      exitCode === 1 && exit.code === null ? ["fatal"] : [],
    );
  });

  test("stops the others if a later one cannot start", async () => {
    const crew = createScriptedCrew({ count: 2 }, (worker) => {
      if (worker.assignment.number === 1) dutiful(worker);
      else worker.exit({ code: 3 });
    });
    await expect(crew.supervisor.start()).rejects.toMatchObject({ exitCode: 3 });
    expect((await startedAs(crew, 0)).seen.all).toEqual(["stop"]);
    expect(crew.supervisor.up()).toEqual([]);
  });

  test("and is told to stop meanwhile exits successfully, and starts no further worker", async () => {
    const crew = createScriptedCrew({ count: 3 }, silently);
    const started = crew.supervisor.start();
    const first = await startedAs(crew, 0);
    const stopped = crew.supervisor.stop();
    await first.seen.find((what) => what === "SIGTERM");
    first.exit({ code: null, signal: "SIGTERM" });
    await Promise.all([started, stopped]);
    expect(crew.spawned.all).toHaveLength(1);
  });

  test("drains a worker that becomes ready after all were told to stop", async () => {
    const crew = createScriptedCrew({ count: 1 }, silently);
    const started = crew.supervisor.start();
    const first = await startedAs(crew, 0);
    const stopped = crew.supervisor.stop();
    first.listen();
    await first.seen.find((what) => what === "stop");
    first.exit();
    await Promise.all([started, stopped]);
  });
});

describe("a worker that dies", () => {
  test("is replaced under its number, on the same port, while the others continue", async () => {
    const crew = createScriptedCrew();
    await crew.supervisor.start();
    (await startedAs(crew, 1)).exit({ code: null, signal: "SIGSEGV" });
    expect((await startedAs(crew, 2)).assignment).toEqual({ number: 2, port: 4711, portSharing: "joined" });
    await waitUntil(() => crew.supervisor.upCount === 2);
    const told = crew.log.lines.find(({ level }) => level === "error");
    expect(told).toMatchObject({ worker: 2, reason: "killed", signal: "SIGSEGV", code: null });
    expect(await crew.metrics.render()).toContain('cartway_worker_exits_total{reason="killed"} 1');
    expect((await startedAs(crew, 0)).seen.all).toEqual([]);
  });

  test("is replaced by one that verifies the port if no other holds it", async () => {
    const crew = createScriptedCrew({ count: 1 });
    await crew.supervisor.start();
    (await startedAs(crew, 0)).exit({ code: 1 });
    expect((await startedAs(crew, 1)).assignment).toEqual({ number: 1, port: 4711, portSharing: "first" });
  });

  test("together with others is replaced by one that verifies the port, and the others join it", async () => {
    const crew = createScriptedCrew({ count: 3 });
    await crew.supervisor.start();
    for (const worker of crew.spawned.all.slice()) worker.exit({ code: null, signal: "SIGKILL" });
    const sharings = (await crew.spawned.atLeast(6)).slice(3).map(({ assignment }) => assignment.portSharing);
    expect(sharings).toEqual(["first", "joined", "joined"]);
  });

  test("repeatedly is restarted after growing delays, until one lasts", async () => {
    const asked: number[] = [];
    let now = 0;
    const backoff = {
      delayMs(retry: number) {
        asked.push(retry);
        return 1;
      },
    };
    const crew = createScriptedCrew({ count: 1, backoff, steadyMs: 1000, now: () => now }, (worker) => {
      if (crew.spawned.all.length === 1 || crew.spawned.all.length > 3) worker.listen();
      else worker.exit({ code: 1 });
    });
    await crew.supervisor.start();
    (await startedAs(crew, 0)).exit({ code: 1 });
    const lasting = await startedAs(crew, 3);
    await waitUntil(() => crew.supervisor.upCount === 1);
    expect(asked).toEqual([1, 2, 3]);
    now = 1000;
    lasting.exit({ code: 1 });
    await startedAs(crew, 4);
    expect(asked).toEqual([1, 2, 3, 1]);
  });

  test("is replaced with the others' config, whatever the file contains, and with changes made while it starts", async () => {
    const crew = createScriptedCrew({ count: 2 }, silently);
    const { first, successor } = await replaceSecond(crew);
    await first.link.ask("runs", configs[1], 5000);
    successor.listen(configs[0]);
    await successor.seen.find((what) => what.startsWith("reload: the config changed"));
  });

  test("is replaced with the others' config, and with a change that they report only after it listens", async () => {
    const crew = createScriptedCrew({ count: 2 }, silently);
    const { first, successor } = await replaceSecond(crew);
    successor.listen(configs[0]);
    await waitUntil(() => crew.log.text().includes("a worker was replaced"));
    await first.link.ask("runs", configs[1], 5000);
    await successor.seen.find((what) => what.startsWith("reload: the config changed"));
  });

  test("by hanging is killed and replaced", async () => {
    const crew = createScriptedCrew({ heartbeat: { beatMs: 5, beatsMax: 3 }, drainMs: 1 });
    await crew.supervisor.start();
    const [lively, hung] = [await startedAs(crew, 0), await startedAs(crew, 1)];
    await hung.seen.find((what) => what === "ping");
    hung.hang();
    await hung.seen.find((what) => what === "SIGKILL");
    expect((await startedAs(crew, 2)).assignment.number).toBe(2);
    expect(lively.seen.all).not.toContain("SIGKILL");
    expect(await crew.metrics.render()).toContain('cartway_worker_exits_total{reason="hung"} 1');
    await crew.supervisor.stop().catch(() => undefined);
  });

  test("gets no admin requests before it responds: unresponsive workers are asked last", async () => {
    const crew = createScriptedCrew({ heartbeat: { beatMs: 5, beatsMax: 1_000_000 }, drainMs: 1 });
    await crew.supervisor.start();
    (await startedAs(crew, 0)).hang();
    await waitUntil(() => crew.supervisor.up()[0]?.number === 2);
    expect(crew.supervisor.up().map(({ number }) => number)).toEqual([2, 1]);
    await crew.supervisor.stop().catch(() => undefined);
  });
});

describe("a supervisor that stops", () => {
  test("stops every worker once, waits for all, and restarts none", async () => {
    const crew = createScriptedCrew({ count: 3 }, dutiful);
    await crew.supervisor.start();
    await Promise.all([crew.supervisor.stop(), crew.supervisor.stop()]);
    expect(crew.spawned.all.map(({ seen }) => seen.all)).toEqual([["stop"], ["stop"], ["stop"]]);
    expect(crew.supervisor.up()).toEqual([]);
  });

  test("kills workers that do not stop in time, and reports failure", async () => {
    const crew = createScriptedCrew({ drainMs: 5 }, (worker) => {
      if (worker.assignment.number === 1) dutiful(worker);
      else worker.listen();
    });
    await crew.supervisor.start();
    await expect(crew.supervisor.stop()).rejects.toThrow("of the workers, 2 did not stop cleanly");
    expect((await startedAs(crew, 1)).seen.all).toEqual(["stop", "SIGKILL"]);
  });

  test("does not restart a worker that is waiting for its restart", async () => {
    const crew = createScriptedCrew({ count: 2, backoff: { delayMs: () => 60_000 } }, dutiful);
    await crew.supervisor.start();
    (await startedAs(crew, 1)).exit({ code: 1 });
    await waitUntil(() => crew.supervisor.upCount === 1);
    await crew.supervisor.stop();
    expect(crew.spawned.all).toHaveLength(2);
  });

  test("immediately leaves no process behind", async () => {
    const crew = createScriptedCrew();
    await crew.supervisor.start();
    crew.supervisor.kill();
    expect(crew.spawned.all.map(({ seen }) => seen.all)).toEqual([["SIGKILL"], ["SIGKILL"]]);
  });
});

test("a reload runs on all workers, and each result is reported, also of one that dies during it", async () => {
  const crew = createScriptedCrew({ backoff: { delayMs: () => 60_000 } });
  await crew.supervisor.start();
  const outcomes = crew.supervisor.reload("SIGHUP");
  (await startedAs(crew, 1)).exit({ code: 1 });
  expect(await outcomes).toEqual([
    { worker: 1, result: { outcome: "applied", hash: "b", previousHash: "a" } },
    { worker: 2, result: { outcome: "failed", problem: "the other process has ended" } },
  ]);
});
