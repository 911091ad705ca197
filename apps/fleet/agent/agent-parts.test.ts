import { expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { AgentStateFile } from "./agent-state.ts";
import { executeCommand } from "./execute-command.ts";
import { FleetApi, FleetApiError, type HeldCommand } from "./fleet-api.ts";
import { judge, machineMetrics } from "./machine-metrics.ts";
import { readPermissions } from "./read-permissions.ts";

test("the state file is written atomically, readable by its owner only, and reported if invalid", async () => {
  await using directory = await createTemporaryDirectory();
  const file = new AgentStateFile(directory.file("deep/agent.json"));
  expect(await file.read()).toBeNull();
  const state = { deviceId: "d", secret: "s", results: [] };
  await Promise.all([file.write({ ...state, secret: "old" }), file.write(state)]);
  expect(await file.read()).toEqual(state);
  expect((await Bun.file(directory.file("deep/agent.json")).stat()).mode & 0o777).toBe(0o600);
  await Bun.write(directory.file("broken.json"), "{}");
  await expect(new AgentStateFile(directory.file("broken.json")).read()).rejects.toThrow(
    "contains no device",
  );
});

test("machine metrics are numbers, and the status follows what is nearly exhausted", async () => {
  const metrics = await machineMetrics();
  for (const value of Object.values(metrics)) expect(Number.isFinite(value)).toBe(true);
  const roomy = { memory_used_bytes: 1, memory_total_bytes: 10, disk_free_bytes: 5, disk_total_bytes: 10 };
  expect(judge({ ...roomy, load_per_core: 0.5 })).toBe("ok");
  expect(judge({ ...roomy, load_per_core: 3 })).toBe("degraded");
  expect(judge({ ...roomy, disk_free_bytes: 0.1 })).toBe("failing");
});

test("a revoked token is replaced once, and an invalid secret is reported", async () => {
  const calls: string[] = [];
  let logins = 0;
  const api = new FleetApi({
    url: "http://fleet.test/",
    async fetch(url, init) {
      const path = url.replace("http://fleet.test/api/v1/device", "");
      calls.push(path);
      if (path === "/auth") {
        logins += 1;
        return logins > 2 ? Response.json({}, { status: 401 }) : Response.json({ token: `t${logins}` });
      }
      const token = new Headers(init.headers).get("authorization");
      return token === "Bearer t2" && logins === 2 && calls.length < 6
        ? Response.json({ commands: [] })
        : Response.json({ error: { message: "over" } }, { status: 401 });
    },
  });
  api.useCredentials("d", "s");
  expect(await api.claim({ max: 1, visibilityMs: 1000 })).toEqual([]);
  expect(calls).toEqual(["/auth", "/commands/claim", "/auth", "/commands/claim"]);
  api.useCredentials("d", "s");
  await expect(api.claim({ max: 1, visibilityMs: 1000 })).rejects.toMatchObject({ status: 401 });
});

test("missing responses and server errors are temporary; a refusal is not", async () => {
  const api = new FleetApi({ url: "http://x", fetch: () => Promise.reject(new Error("no route")) });
  await expect(api.register("code")).rejects.toMatchObject({ status: 0, isPassing: true });
  expect(new FleetApiError(503, "").isPassing).toBe(true);
  expect(new FleetApiError(409, "").isPassing).toBe(false);
  const busy = new Response("", { status: 429, headers: { "retry-after": "3" } });
  const limited = new FleetApi({ url: "http://x", fetch: () => Promise.resolve(busy) });
  await expect(limited.register("code")).rejects.toMatchObject({ isPassing: true, retryAfterMs: 3000 });
});

test("an agent pauses between attempts even if Retry-After is in the past or invalid", async () => {
  const retryAfter = async (text: string): Promise<unknown> => {
    const busy = new Response("", { status: 503, headers: { "retry-after": text } });
    const api = new FleetApi({ url: "http://x", fetch: () => Promise.resolve(busy) });
    return await api.register("code").catch((error: unknown) => error);
  };
  for (const text of ["Wed, 21 Oct 2015 07:28:00 GMT", "soon", "-5"])
    expect(await retryAfter(text)).toMatchObject({ retryAfterMs: 0 });
  expect(await retryAfter("3")).toMatchObject({ retryAfterMs: 3000 });
});

const execute = (command: Partial<HeldCommand>, permissions = { logs: {}, services: {} }) =>
  executeCommand({
    command: {
      id: "1",
      kind: "run_check",
      version: 1,
      parameters: {},
      claimToken: "t",
      claimedUntil: "",
      ...command,
    },
    permissions,
    api: { extend: () => Promise.resolve() },
    visibilityMs: 30_000,
    signal: new AbortController().signal,
  });

test("an agent refuses kinds that it does not know or that its shop has not permitted", async () => {
  const refused = [
    { kind: "format_disk" },
    { kind: "run_check", version: 2 },
    { kind: "toString" },
    { kind: "run_check", parameters: { check: "constructor" } },
    { kind: "collect_logs", parameters: { source: "__proto__" } },
    { kind: "restart_service", parameters: { service: "constructor" } },
    { kind: "update_config", parameters: { settings: { a: 1 } } },
    { kind: "reboot" },
  ];
  for (const command of refused) expect((await execute(command)).outcome).toBe("refused");
});

test("every check reports metrics, and a failing program is a failure with its output", async () => {
  for (const check of ["disk", "memory", "load", "network", "clock"])
    expect((await execute({ parameters: { check } })).outcome).toBe("succeeded");
  // the fleet stores neither NUL nor the half of a character that is left where the output is cut
  const noisy = [process.execPath, "-e", `process.stdout.write("\u{1f600}" + "a".repeat(7999))`];
  const services = { till: ["/bin/sh", "-c", "echo broken >&2; exit 3"], none: ["/does/not/exist"], noisy };
  const restart = (service: string) =>
    execute({ kind: "restart_service", parameters: { service } }, { logs: {}, services });
  expect(await restart("till")).toMatchObject({
    outcome: "failed",
    output: { exitCode: 3, stderr: "broken\n" },
  });
  expect((await restart("none")).outcome).toBe("failed");
  expect(await restart("noisy")).toMatchObject({ output: { stdout: `\ufffd${"a".repeat(7999)}` } });
  const logs = { till: "/does/not/exist" };
  const missing = await execute(
    { kind: "collect_logs", parameters: { source: "till" } },
    { logs, services: {} },
  );
  expect(missing).toMatchObject({ outcome: "failed", message: "the log till is not there" });
});

test("permissions are parsed strictly: a misspelt one is reported and grants nothing", async () => {
  await using directory = await createTemporaryDirectory();
  expect(await readPermissions(null)).toEqual({ logs: {}, services: {} });
  const path = directory.file("permissions.json");
  await Bun.write(path, '{"services":{"till":["/bin/true"]},"settingsFile":"/tmp/s.json"}');
  expect(await readPermissions(path)).toEqual({
    logs: {},
    services: { till: ["/bin/true"] },
    settingsFile: "/tmp/s.json",
  });
  await Bun.write(path, '{"service":{}}');
  await expect(readPermissions(path)).rejects.toThrow("/service");
});
