import { expect, test } from "bun:test";
import { mkdir, rename, symlink } from "node:fs/promises";
import { createMemoryLogger } from "@libs/monitoring";
import { createEventLog, createTemporaryDirectory, waitUntil } from "@libs/testing";
import { checkedConfig, startGateway } from "../../../test/support/start-gateway.ts";
import { loadConfig } from "../load-config.ts";
import { configSignature } from "./config-signature.ts";
import { reloadOnChange } from "./reload-on-change.ts";

const routeTo = (body: string) => [
  { id: "a", match: { path: "/a" }, policies: [{ type: "respond", contentType: "text/plain", body }] },
];
const textOf = (body: string) => JSON.stringify({ version: 1, routes: routeTo(body) });

/** As it is now. */
const watched = async (file: string) => ({
  file,
  signature: await configSignature(file),
  logger: createMemoryLogger().logger,
});

interface VersionAnswer {
  readonly config: { readonly hash: string; readonly loadedAt: string; readonly lastReload: object | null };
}

test("a changed file, SIGHUP and a call reload the config; an unusable config changes nothing and is reported everywhere", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  await Bun.write(file, textOf("one"));
  await using gateway = await startGateway(
    { routes: routeTo("one") },
    { loadConfig: () => loadConfig({ file }), now: () => 1_000_000 },
  );
  const body = async () => (await fetch(`${gateway.url}/a`)).text();
  const version = async (): Promise<VersionAnswer> => (await fetch(`${gateway.url}/version`)).json() as never;
  const before = (await version()).config;
  expect(before).toEqual({
    hash: expect.stringMatching(/^[0-9a-f]{12}$/),
    loadedAt: "1970-01-01T00:16:40.000Z",
    lastReload: null,
  });
  const end = reloadOnChange(await watched(file), gateway.gateway);
  await Bun.write(file, textOf("two"));
  await waitUntil(async () => (await body()) === "two");
  const after = (await version()).config;
  expect(after).toMatchObject({ lastReload: { outcome: "applied" } });
  expect(after.hash).not.toBe(before.hash);
  expect(await gateway.metrics.render()).toContain(`cartway_config_info{hash="${after.hash}"} 1`);
  expect(await gateway.metrics.render()).not.toContain(before.hash);

  await Bun.write(file, "version: 9\n");
  await waitUntil(async () => JSON.stringify(await version()).includes("refused"));
  expect((await version()).config).toMatchObject({
    hash: after.hash,
    lastReload: { at: "1970-01-01T00:16:40.000Z", outcome: "refused" },
  });
  expect(JSON.stringify(await version())).not.toContain("is invalid");
  expect(gateway.log.text()).toContain("/version: 9 is invalid");
  expect(await body()).toBe("two");
  await end();

  await Bun.write(file, textOf("three"));
  const endAgain = reloadOnChange(await watched(file), gateway.gateway);
  process.emit("SIGHUP", "SIGHUP");
  await waitUntil(async () => (await body()) === "three");
  await endAgain();
  expect(await gateway.gateway.reloadConfig("a call")).toMatchObject({ outcome: "applied" });
  await Bun.write(file, "routes: [");
  expect(await gateway.gateway.reloadConfig("a call")).toMatchObject({
    outcome: "refused",
    issues: [{ line: 1 }],
  });
  const metrics = await gateway.metrics.render();
  expect(metrics).toContain("cartway_config_last_reload_successful 0");
  expect(metrics).toContain("cartway_config_loaded_timestamp_seconds 1000");
});

test("an overlay's change reloads the config, changes of other files beside it do not", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  await Bun.write(file, textOf("one"));
  const reasons: string[] = [];
  const end = reloadOnChange(await watched(file), {
    reloadConfig: async (reason) => {
      reasons.push(reason);
      return { outcome: "applied", hash: "", previousHash: "" };
    },
  });
  for (const other of ["gateway.log", "gateway-notes.yaml", "gate.yaml"]) {
    await Bun.write(directory.file(other), "beside");
  }
  // Longer than the delay after a change, so that earlier changes would have been applied.
  await Bun.sleep(300);
  expect(reasons).toEqual([]);
  await Bun.write(directory.file("gateway.prod.yaml"), "{}");
  await waitUntil(() => reasons.length > 0);
  await end();
});

test("a config that is valid but cannot be compiled is refused, once", async () => {
  const missing = {
    identity: {
      keys: { type: "jwt", issuer: "x", audience: "y", algorithms: ["HS256"], secret: { env: "NO" } },
    },
  };
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.json");
  await Bun.write(file, JSON.stringify({ version: 1, ...missing }));
  await using gateway = await startGateway(
    { routes: routeTo("one") },
    { loadConfig: () => loadConfig({ file }) },
  );
  expect(await gateway.gateway.reloadConfig("a call")).toMatchObject({
    outcome: "refused",
    problem: expect.stringContaining("NO is not set"),
  });
  expect(await gateway.metrics.render()).toContain('cartway_config_reloads_total{outcome="refused"} 1');
});

test("a config whose hub cannot be compiled changes no route either", async () => {
  await using gateway = await startGateway({ routes: routeTo("one") });
  const frameLimit = { by: ["ip"], limit: 10, windowMs: 1000, onStoreError: "deny", store: "redis" };
  const hub = { endpoints: [{ path: "/ws", authenticate: { anonymous: true }, frameLimit }] };
  const next = { routes: routeTo("two"), hub };
  expect(gateway.gateway.reload(checkedConfig(next))).rejects.toThrow("REDIS_URL");
  expect(await (await fetch(`${gateway.url}/a`)).text()).toBe("one");
});

test("a gateway started without a file reports that it cannot reload", async () => {
  await using gateway = await startGateway({ routes: routeTo("one") });
  expect(gateway.gateway.reloadConfig("a call")).rejects.toMatchObject({ code: "not_implemented" });
});

test("a symlink in the config's path that is redirected to another folder reloads it, and so do changes there", async () => {
  await using directory = await createTemporaryDirectory();
  for (const name of ["one", "two"]) {
    await mkdir(directory.file(name));
    await Bun.write(directory.file(`${name}/gateway.yaml`), name);
  }
  await symlink(directory.file("one"), directory.file("current"));
  const file = directory.file("current/gateway.yaml");
  const read = createEventLog<string>();
  const end = reloadOnChange(await watched(file), {
    reloadConfig: async () => read.push(await Bun.file(file).text()),
  });
  await Bun.write(file, "written");
  await read.find((text) => text === "written");
  await symlink(directory.file("two"), directory.file("next"));
  await rename(directory.file("next"), directory.file("current"));
  await read.find((text) => text === "two");
  await Bun.write(directory.file("two/gateway.yaml"), "three");
  await read.find((text) => text === "three");
  await end();
});

test("a change after the config was read and before it is watched reloads it", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  await Bun.write(file, "one");
  const read = await watched(file);
  await Bun.write(file, "two, while the stores were opened");
  const reasons = createEventLog<string>();
  const end = reloadOnChange(read, { reloadConfig: async (reason) => reasons.push(reason) });
  await reasons.atLeast(1);
  await end();
});

test("a signal for a change that is also seen in the folder reloads once", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  await Bun.write(file, "one");
  const reasons = createEventLog<string>();
  const end = reloadOnChange(await watched(file), { reloadConfig: async (reason) => reasons.push(reason) });
  await Bun.write(file, "two");
  process.emit("SIGHUP", "SIGHUP");
  await reasons.atLeast(1);
  // Longer than the delay after a change, so that it would have been applied a second time.
  await Bun.sleep(300);
  expect(reasons.all).toEqual(["SIGHUP"]);
  await end();
});

test("the end waits for the reload in progress, also where a signal came after it", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  await Bun.write(file, "one");
  const events = createEventLog<string>();
  const loading = Promise.withResolvers<void>();
  const end = reloadOnChange(await watched(file), {
    reloadConfig: async (reason) => {
      events.push(reason);
      await loading.promise;
      events.push("reloaded");
    },
  });
  process.emit("SIGHUP", "SIGHUP");
  await events.atLeast(1);
  process.emit("SIGHUP", "SIGHUP");
  const ended = end().then(() => events.push("ended"));
  // what the second signal takes that finds the end
  for (const _look of [1, 2, 3]) await configSignature(file);
  loading.resolve();
  await ended;
  expect(events.all).toEqual(["SIGHUP", "reloaded", "ended"]);
});

test("a file that changes all the time is still read", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  const read = createEventLog<string>();
  const end = reloadOnChange(await watched(file), { reloadConfig: async (reason) => read.push(reason) });
  const writing = setInterval(() => void Bun.write(file, String(Math.random())), 20);
  await read.atLeast(2);
  clearInterval(writing);
  await end();
});

test("calls that wait for a reload to begin share it, so that many signals cause few reloads", async () => {
  let loads = 0;
  const first = Promise.withResolvers<void>();
  const config = checkedConfig({ routes: routeTo("one") });
  await using gateway = await startGateway(
    { routes: routeTo("one") },
    {
      loadConfig: async () => {
        loads += 1;
        await first.promise;
        return config;
      },
    },
  );
  const begun = gateway.gateway.reloadConfig("a call");
  await waitUntil(() => loads === 1);
  const storm = Array.from({ length: 100 }, () => gateway.gateway.reloadConfig("SIGHUP"));
  first.resolve();
  expect((await Promise.all([begun, ...storm])).every(({ outcome }) => outcome === "applied")).toBe(true);
  expect(loads).toBe(2);
});

test("the end does not wait for a reload that hangs, such as a config that never ends", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  await Bun.write(file, "one");
  const reasons = createEventLog<string>();
  const end = reloadOnChange(await watched(file), {
    reloadConfig: (reason) => {
      reasons.push(reason);
      return new Promise(() => {});
    },
  });
  process.emit("SIGHUP", "SIGHUP");
  await reasons.atLeast(1);
  await end();
});

test("a folder that cannot be watched is reported, and polled", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("not-yet/gateway.yaml");
  const log = createMemoryLogger();
  const reasons = createEventLog<string>();
  const end = reloadOnChange(
    { ...(await watched(file)), logger: log.logger },
    { reloadConfig: async (reason) => reasons.push(reason) },
  );
  expect(log.text()).toContain("the config's folder cannot be watched: it is only polled");
  await Bun.write(file, "one");
  await reasons.atLeast(1);
  await end();
});

test("a config whose name has no ending, as mounted secrets have, is reloaded when it changes, but not for files beside it", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway");
  await Bun.write(file, "one");
  const reasons = createEventLog<string>();
  const end = reloadOnChange(await watched(file), { reloadConfig: async (reason) => reasons.push(reason) });
  await Bun.write(directory.file("gateway.log"), "beside");
  await Bun.write(directory.file("other"), "beside");
  // Longer than the delay after a change, so that they would have been applied.
  await Bun.sleep(300);
  expect(reasons.all).toEqual([]);
  await Bun.write(file, "two");
  await reasons.atLeast(1);
  await end();
});
