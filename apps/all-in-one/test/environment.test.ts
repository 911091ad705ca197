import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  createTemporaryDirectory,
  openingLimitMs,
  type SpawnedProcess,
  spawnScript,
  waitUntil,
} from "@libs/testing";

const root = join(import.meta.dir, "../../..");
const main = join(root, "apps/all-in-one/src/main.ts");
const directory = await createTemporaryDirectory();
const path = process.env["PATH"] ?? "";
const admin = { email: "admin@shop.example", password: "correct horse battery" };

let running: SpawnedProcess;
let urls: { readonly gateway: string; readonly prediction: string };

/** The addresses in the banner. */
const told = async (name: string): Promise<string> => {
  const line = await running.lines.find((text) => text.trim().startsWith(name), {
    timeoutMs: openingLimitMs,
  });
  return /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? "";
};

beforeAll(async () => {
  const shipped: object = await Bun.file(join(root, "apps/prediction/models/online-shoppers.json")).json();
  await Bun.write(directory.file("own-models/current.json"), JSON.stringify({ ...shipped, version: "kept" }));
  await Bun.write(
    directory.file("gateway.yaml"),
    "version: 1\nservices: {}\nroutes: [{ id: here, match: { path: /here }, policies: [{ type: respond, body: base }] }]\n",
  );
  await Bun.write(
    directory.file("gateway.prod.yaml"),
    "routes: [{ id: here, policies: [{ type: respond, body: overlaid }] }]\n",
  );
  running = spawnScript(main, [], {
    env: {
      PATH: path,
      DATA_DIRECTORY: directory.file("data"),
      MODEL_DIRECTORY: directory.file("own-models"),
      TRAIN_EVERY_MS: "50",
      AUTH_ISSUER: "https://shop.example",
      GATEWAY_CONFIG: directory.file("gateway.yaml"),
      GATEWAY_ENV: "prod",
      GIT_COMMIT: "abc123",
      BUILD_TIME: "2026-11-21T10:00:00Z",
      DRAIN_NOTICE_MS: "2000",
      DRAIN_DEADLINE_MS: "3000",
      ADMIN_EMAIL: admin.email,
      ADMIN_PASSWORD: admin.password,
      LOG_LEVEL: "error",
      PORT: "0",
      INGESTION_PORT: "0",
      PREDICTION_PORT: "0",
      AI_ENGINE_PORT: "0",
      FLEET_PORT: "0",
      ADMIN_PORT: "0",
    },
  });
  urls = { gateway: await told("Gateway"), prediction: await told("prediction") };
}, openingLimitMs);

afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await directory.remove();
});

describe("`npm start` follows its apps' variables", () => {
  test("AUTH_ISSUER is the issuer of its tokens", async () => {
    const answer = await fetch(`${urls.gateway}/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(admin),
    });
    const { accessToken } = (await answer.json()) as { readonly accessToken: string };
    const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString());
    expect(claims.iss).toBe("https://shop.example");
  });

  test("GATEWAY_ENV applies its overlay to the config", async () => {
    expect(await (await fetch(`${urls.gateway}/here`)).text()).toBe("overlaid");
  });

  test("GIT_COMMIT and BUILD_TIME are reported by each app", async () => {
    for (const url of Object.values(urls)) {
      expect(await (await fetch(`${url}/version`)).json()).toMatchObject({
        commit: "abc123",
        builtAt: "2026-11-21T10:00:00Z",
      });
    }
  });

  test("MODEL_DIRECTORY contains the model in use, and TRAIN_EVERY_MS schedules training", async () => {
    const metrics = async (): Promise<string> => (await fetch(`${urls.prediction}/metrics`)).text();
    expect(await (await fetch(`${urls.prediction}/models/current`)).json()).toMatchObject({
      version: "kept",
    });
    await waitUntil(async () => /trainings_total\{outcome="skipped"\} [1-9]/.test(await metrics()), {
      what: "a training on schedule",
    });
  });

  test.skipIf(process.platform !== "linux")(
    "the thread pool is large enough to write files while ClickHouse is busy, also with its main.ts",
    async () => {
      const environ = await Bun.file(`/proc/${running.pid}/environ`).text();
      expect(environ.split("\0")).toContain("UV_THREADPOOL_SIZE=4");
    },
  );

  // the last one: it ends the process
  test("DRAIN_NOTICE_MS keeps the gateway serving after it reports not ready", async () => {
    running.kill("SIGTERM");
    await waitUntil(async () => (await fetch(`${urls.gateway}/readyz`)).status === 503, {
      what: "the notice",
    });
    expect((await fetch(`${urls.gateway}/here`)).status).toBe(200);
    expect(await running.exited).toBe(0);
  });
});

test("`npm start` exits with the reason if it would ignore a variable", async () => {
  await using refused = spawnScript(main, [], { env: { PATH: path, WORKERS: "auto" } });
  expect(await refused.exited).toBe(1);
  expect(refused.errors.all.join("\n")).toContain(
    "WORKERS: cannot be set for `npm start`: one process holds",
  );
});
