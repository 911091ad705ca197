import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { EnvironmentSchema } from "../libs/elysia-server/src/index.ts";
import { readAppEnvironments } from "./app-environments.ts";
import {
  createTemporaryDirectory,
  freePort,
  openingLimitMs,
  spawnScript,
  waitUntil,
} from "../libs/testing/src/index.ts";
import { developmentSecrets } from "./development-secrets.ts";
import { describeMissingServers } from "./missing-servers.ts";
import { passedThrough } from "./pass-through.ts";

const root = join(import.meta.dir, "..");

interface Turbo {
  readonly tasks: Readonly<Record<string, { readonly passThroughEnv?: readonly string[] }>>;
}

let tables: ReadonlyMap<string, EnvironmentSchema>;

beforeAll(async () => {
  tables = await readAppEnvironments();
}, openingLimitMs);

test("turbo passes to `dev` every variable that an app reads, and nothing else", async () => {
  const turbo: Turbo = await Bun.file(join(root, "turbo.json")).json();
  const hint = "turbo.json is not what the apps read: run `bun scripts/pass-through.ts`";
  expect(turbo.tasks["dev"]?.passThroughEnv, hint).toEqual(passedThrough(tables.values()));
});

test("turbo passes no port: the apps would all want the same one", () => {
  expect(passedThrough(tables.values())).not.toContain("PORT");
  expect(passedThrough(tables.values())).toContain("DATABASE_URL_FILE");
});

test("every app has a dev script that starts it anew when it changes", async () => {
  for (const app of tables.keys()) {
    const { scripts } = await Bun.file(join(root, `apps/${app}/package.json`)).json();
    expect([app, scripts.dev]).toEqual([app, "bun --watch src/main.ts"]);
  }
});

test("the gateway gets every secret that its config refers to: the one that is set, else one that is kept", async () => {
  await using directory = await createTemporaryDirectory();
  const config = await Bun.file(join(root, "apps/api-gateway/gateway.yaml")).text();
  const referred = [...config.matchAll(/\{ env: (\w+) \}/g)].map((match) => match[1] ?? "");
  const kept = await developmentSecrets({ DATA_DIRECTORY: directory.path });
  expect(referred.filter((name) => (kept[name] ?? "").length < 32)).toEqual([]);
  expect(await developmentSecrets({ DATA_DIRECTORY: directory.path })).toEqual(kept);
  const given = { CUSTOMER_JWT_SECRET: "given", DATA_DIRECTORY: directory.path };
  expect(await developmentSecrets(given)).toEqual({ CUSTOMER_JWT_SECRET: "given" });
  expect(
    await developmentSecrets({ ...given, CUSTOMER_JWT_SECRET: "", CUSTOMER_JWT_SECRET_FILE: "/x" }),
  ).toEqual({});
  expect(referred.filter((name) => !passedThrough(tables.values()).includes(name))).toEqual([]);
});

describe("bun run dev without its servers", () => {
  test("says which are missing, with an example of each, and what needs none", () => {
    const text = describeMissingServers(tables, { DATABASE_URL: "" }) ?? "";
    for (const part of [
      "DATABASE_URL  read by",
      "for example DATABASE_URL=postgres://",
      "for example CLICKHOUSE_URL=http://127.0.0.1:8123",
      "for example REDIS_URL=redis://",
      "`npm start` needs none of this",
    ])
      expect(text).toContain(part);
  });

  test("names only those that are missing, a file in place of a value counts", () => {
    const env = { DATABASE_URL: "postgres://db/x", REDIS_URL_FILE: "/run/secrets/redis" };
    const text = describeMissingServers(tables, env);
    expect(text).toContain("CLICKHOUSE_URL");
    expect(text).not.toContain("DATABASE_URL");
    expect(text).not.toContain("REDIS_URL");
    expect(describeMissingServers(tables, { ...env, CLICKHOUSE_URL: "http://ch:8123" })).toBeNull();
  });

  test("ends with 1 before anything is started", async () => {
    const child = Bun.spawn([process.execPath, join(root, "scripts/dev.ts")], {
      env: { PATH: process.env["PATH"] ?? "" },
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await child.exited).toBe(1);
    expect(await new Response(child.stderr).text()).toContain("Not set:");
    expect(await new Response(child.stdout).text()).toBe("");
  });
});

test.each(["SIGTERM", "SIGHUP"] as const)(
  "bun run dev leaves no app behind that got %s",
  async (signal) => {
    await using directory = await createTemporaryDirectory();
    const port = await freePort();
    const nowhere = {
      DATABASE_URL: "postgres://nowhere/x",
      CLICKHOUSE_URL: "http://nowhere",
      REDIS_URL: "redis://nowhere",
    };
    const env = { ...process.env, ...nowhere, PORT: String(port), DATA_DIRECTORY: directory.path };
    const args = ["--filter=@apps/ai-engine", "--env-mode=loose"];
    await using dev = spawnScript(join(root, "scripts/dev.ts"), args, { env });
    const isUp = () => fetch(`http://127.0.0.1:${port}/healthz`).then(({ ok }) => ok);
    await waitUntil(isUp, { timeoutMs: 50_000, what: "the app to run" });
    dev.kill(signal);
    await dev.exited;
    expect(isUp()).rejects.toThrow();
  },
  60_000,
);
