import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  buildApp,
  createTemporaryDirectory,
  imageEnvironment,
  openingLimitMs,
  type SpawnedProcess,
  spawnScript,
} from "@libs/testing";

// each starts a gateway in a process of its own
setDefaultTimeout(openingLimitMs);

const directory = await createTemporaryDirectory();
const service = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("from the service") });
const environment = await imageEnvironment();
let program = "";

beforeAll(async () => {
  program = await buildApp("api-gateway", directory.file("dist"));
});
afterAll(async () => {
  await service.stop(true);
  await directory.remove();
});

async function writeConfig(name: string, route: string): Promise<string> {
  const file = directory.file(name);
  await Bun.write(
    file,
    `version: 1
services:
  all: { discovery: { type: static, targets: [{ url: "${service.url.origin}" }] } }
routes:
  - { id: all, match: { path: /* }, ${route} }
`,
  );
  return file;
}

interface BuiltGateway extends AsyncDisposable {
  readonly process: SpawnedProcess;
  readonly url: string;
  readonly admin: string;
}

async function startBuilt(config: string, listening: string, ...options: string[]): Promise<BuiltGateway> {
  const gateway = spawnScript(program, ["--config", config, "--port", "0", ...options], {
    cwd: directory.path,
    env: { ...environment, PATH: process.env["PATH"], HOST: "127.0.0.1", ADMIN_PORT: "0" },
  });
  const admin = await gateway.lines.find((line) => line.includes('"admin listens"'));
  const line = await gateway.lines.find((text) => text.includes(`"${listening}"`));
  return {
    process: gateway,
    url: urlIn(line),
    admin: urlIn(admin),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

function urlIn(line: string): string {
  return (JSON.parse(line) as { url: string }).url;
}

test("the built gateway reads YAML, proxies and serves the files of its documentation", async () => {
  const config = await writeConfig("gateway.yaml", "service: all");
  await using gateway = await startBuilt(config, "api-gateway listens");
  expect(await (await fetch(`${gateway.url}/any`)).text()).toBe("from the service");
  const style = await fetch(`${gateway.admin}/swagger/assets/swagger-ui.css`);
  expect([style.status, style.headers.get("content-type")]).toEqual([200, "text/css; charset=utf-8"]);
});

test("the built gateway takes a changed config and loads what only that one needs", async () => {
  const config = await writeConfig("changing.yaml", "service: all");
  await using gateway = await startBuilt(config, "api-gateway listens");
  await writeConfig(
    "changing.yaml",
    `service: all, policies: [{ type: request-validation, query: { type: object, required: [page] } }]`,
  );
  await gateway.process.lines.find((line) => line.includes('"the config was reloaded"'));
  expect((await fetch(`${gateway.url}/any`)).status).toBe(422);
  expect((await fetch(`${gateway.url}/any?page=1`)).status).toBe(200);
});

test("the built gateway names the fault in a refused YAML file and keeps the running config", async () => {
  const config = await writeConfig("refused.yaml", "service: all");
  await using gateway = await startBuilt(config, "api-gateway listens");
  await writeConfig("refused.yaml", "servise: all");
  const line = await gateway.process.lines.find((text) => text.includes("servise"));
  expect(line).toContain("service");
  expect((await fetch(`${gateway.url}/any`)).status).toBe(200);
});

test("the built gateway runs as several workers on one port", async () => {
  const config = await writeConfig("workers.yaml", "service: all");
  await using gateway = await startBuilt(config, "the workers are listening", "--workers", "2");
  expect(await (await fetch(`${gateway.url}/any`)).text()).toBe("from the service");
  gateway.process.kill("SIGTERM");
  expect(await gateway.process.exited).toBe(0);
});
