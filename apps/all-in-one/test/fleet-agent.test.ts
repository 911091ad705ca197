import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  createTemporaryDirectory,
  pick,
  type SpawnedProcess,
  spawnScript,
  type TemporaryDirectory,
  waitUntil,
} from "@libs/testing";
import { type FrontDoor, frontDoor, tokenOf } from "./support/front-door.ts";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

const script = join(import.meta.dir, "../../fleet/agent/main.ts");
const ana = tokenOf("shop-1", "ana");

let platform: TestPlatform;
let door: FrontDoor;
let directory: TemporaryDirectory;

beforeAll(async () => {
  platform = await startTestPlatform();
  door = frontDoor(platform.url);
  directory = await createTemporaryDirectory();
  await Bun.write(directory.file("till.log"), "one\ntwo\nthree\n");
  await Bun.write(
    directory.file("permissions.json"),
    JSON.stringify({
      logs: { till: directory.file("till.log") },
      services: { till: ["/bin/sh", "-c", `echo restarted >> ${directory.file("restarts")}`] },
      settingsFile: directory.file("settings.json"),
    }),
  );
}, 120_000);

afterAll(async () => {
  await platform.stop();
  await directory.remove();
});

/** The agent of a device, as a separate process. */
function startAgent(name: string, code?: string): SpawnedProcess {
  const files = [
    "--state",
    directory.file(`${name}.json`),
    "--permissions",
    directory.file("permissions.json"),
  ];
  return spawnScript(script, [
    "--url",
    platform.url,
    ...files,
    ...(code === undefined ? [] : ["--code", code]),
  ]);
}

async function provision(): Promise<{ readonly id: string; readonly code: string }> {
  const { body } = await door.call(ana, "POST", "/customer/devices/provision", { name: "Kiosk" });
  return { id: String(pick(body, "device", "id")), code: String(pick(body, "activationCode")) };
}

async function ended(session: unknown): Promise<unknown> {
  const path = `/customer/sessions/${String(pick(session, "id"))}`;
  return await waitUntil(
    async () => {
      const { body } = await door.call(ana, "GET", path);
      return pick(body, "endedAt") === null ? null : body;
    },
    { timeoutMs: 30_000, what: "the session to end" },
  );
}

const isOnline = (id: string) =>
  waitUntil(
    async () => pick((await door.call(ana, "GET", `/customer/devices/${id}/status`)).body, "online"),
    {
      timeoutMs: 30_000,
      what: "the device to be online",
    },
  );

describe("the agent", () => {
  test("registers, reports its machine's status, and executes permitted commands", async () => {
    const { id, code } = await provision();
    await using agent = startAgent("one", code);
    await isOnline(id);
    const session = await door.openSession(ana, id, {
      commands: [
        { kind: "run_check", parameters: { check: "memory" } },
        { kind: "collect_logs", parameters: { source: "till", linesMax: 2 } },
        { kind: "restart_service", parameters: { service: "till" } },
        { kind: "update_config", parameters: { settings: { "screen.brightness": 7 } } },
      ],
    });
    const approval = { planHash: pick(session, "planHash") };
    await door.call(ana, "POST", `/customer/sessions/${String(pick(session, "id"))}/approve`, approval);
    const done = await ended(session);
    expect(done).toMatchObject({
      status: "completed",
      commands: [
        { result: { output: { totalBytes: expect.any(Number) } } },
        { result: { output: { source: "till", lines: ["two", "three"] } } },
        { result: { output: { exitCode: 0 } } },
        { result: { output: { changed: ["screen.brightness"] } } },
      ],
    });
    expect(await Bun.file(directory.file("settings.json")).json()).toEqual({ "screen.brightness": 7 });
    expect(await Bun.file(directory.file("restarts")).text()).toBe("restarted\n");
    agent.kill("SIGTERM");
    expect(await agent.exited).toBe(0);
  }, 60_000);

  test("sends heartbeats, claims and results over its socket if there is one", async () => {
    const { id, code } = await provision();
    await using _agent = startAgent("socket", code);
    await isOnline(id);
    const acks = async (): Promise<number> => {
      const metrics = await (await fetch(`${platform.url}/metrics`)).text();
      const accepted = ["claim_commands", "command_result"].map((type) => {
        const line = `^cartway_hub_frames_received_total\\{[^}]*type="${type}",outcome="accepted"[^}]*\\} (\\d+)`;
        return Number(new RegExp(line, "m").exec(metrics)?.[1] ?? 0);
      });
      return Math.min(...accepted);
    };
    const before = await acks();
    // the agent opens its socket after its first heartbeat
    await waitUntil(
      async () => {
        await ended(await door.openSession(ana, id));
        return (await acks()) > before;
      },
      { timeoutMs: 30_000, what: "a claim and a result over the socket" },
    );
  });

  test("refuses what its shop has not permitted, whoever approved it", async () => {
    const { id, code } = await provision();
    await using _agent = startAgent("two", code);
    await isOnline(id);
    const commands = [
      { kind: "collect_logs", parameters: { source: "passwd" } },
      { kind: "restart_service", parameters: { service: "sshd" } },
      { kind: "reboot" },
    ];
    const session = await door.openSession(ana, id, { commands });
    const approval = { planHash: pick(session, "planHash") };
    await door.call(ana, "POST", `/customer/sessions/${String(pick(session, "id"))}/approve`, approval);
    const done = await ended(session);
    expect(pick(done, "status")).toBe("failed");
    for (const place of [0, 1, 2]) expect(pick(done, "commands", place, "status")).toBe("refused");
  }, 60_000);

  test("keeps its identity when killed, and executes what waited meanwhile", async () => {
    const { id, code } = await provision();
    await using first = startAgent("three", code);
    await isOnline(id);
    first.kill("SIGKILL");
    await first.exited;
    const session = await door.openSession(ana, id);
    await using _second = startAgent("three");
    expect(await ended(session)).toMatchObject({ status: "completed", commands: [{ attempts: 1 }] });
  }, 60_000);

  test("registers again with the code of a rotation, and ignores a used code", async () => {
    const { id, code } = await provision();
    await using first = startAgent("six", code);
    await isOnline(id);
    first.kill("SIGKILL");
    await first.exited;
    const { body } = await door.call(ana, "POST", `/customer/devices/${id}/rotate`, {});
    const newCode = String(pick(body, "activationCode"));
    // the second time the code is as used as that of a service manager's command line at each start
    for (let start = 0; start < 2; start++) {
      await using agent = startAgent("six", newCode);
      await isOnline(id);
      expect(await ended(await door.openSession(ana, id))).toMatchObject({ status: "completed" });
      agent.kill("SIGTERM");
      expect(await agent.exited).toBe(0);
    }
  }, 60_000);

  test("exits with an error if a person has to act", async () => {
    const { code } = await provision();
    await door.call(null, "POST", "/device/register", { activationCode: code });
    for (const agent of [startAgent("four", code), startAgent("five")]) {
      expect(await agent.exited).toBe(1);
      expect(agent.errors.all.join(" ")).toContain("ends:");
    }
  }, 60_000);
});
