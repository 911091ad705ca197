import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, openingLimitMs } from "@libs/testing";
import { type GatewayProcess, spawnGateway } from "../limits/spawn-gateway.ts";

// each starts a gateway in a process of its own
setDefaultTimeout(openingLimitMs);

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

/**
 * The modules that a gateway has loaded when it is ready, before any request to its routes: packages by name, its own by path.
 * @param use what happens to it before that.
 */
async function loadedBy(
  config: object,
  use: (gateway: GatewayProcess, configFile: string) => Promise<void> = async () => undefined,
): Promise<ReadonlySet<string>> {
  const configFile = directory.file("gateway.yaml");
  await Bun.write(configFile, Bun.YAML.stringify({ version: 1, ...config }, null, 2));
  const preload = join(import.meta.dir, "print-loaded.ts");
  const gateway = await spawnGateway({ configFile, redisUrl: null, preload });
  await use(gateway, configFile);
  const { process } = gateway;
  process.kill("SIGTERM");
  await process.exited;
  const files: readonly string[] = JSON.parse(process.lines.all.at(-1) ?? "[]");
  return new Set(files.map(nameOf));
}

function nameOf(file: string): string {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return name ?? file.replace(/^.*\/(?=(?:apps|libs)\/)/, "");
}

const services = { all: { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:9" }] } } };
const route = { id: "all", match: { path: "/*" }, service: "all" };

/** Each belongs to a setting, store or policy. Every function that is loaded makes each garbage collection longer. */
const onDemand = [
  "@clickhouse/client",
  "@electric-sql/pglite",
  "@marcbachmann/cel-js",
  "@opentelemetry/api",
  "ajv",
  "ajv-formats",
  "chdb",
  "ioredis",
  "jose",
  "openid-client",
  "pg",
  "yaml",
  "zod",
  "apps/api-gateway/src/admin/create-admin.ts",
  "apps/api-gateway/src/auth/platform-routes.ts",
  "apps/api-gateway/src/upstream/websocket/open-upstream-socket.ts",
  "apps/api-gateway/src/workers/supervisor-app.ts",
  "libs/auth/src/create-auth.ts",
  "libs/elysia-server/src/listeners/listen-behind-tls.ts",
];

test("a gateway with a plain config loads nothing that only other configs need", async () => {
  const loaded = await loadedBy({ services, routes: [route] });
  expect(loaded).toContain("apps/api-gateway/src/build-gateway.ts");
  expect(loaded).toContain("elysia");
  expect(onDemand.filter((name) => loaded.has(name))).toEqual([]);
});

test("a faulty config is parsed in workers only: that would keep requests waiting", async () => {
  const refused: string[] = [];
  const loaded = await loadedBy({ services, routes: [route] }, async ({ process }, configFile) => {
    for (const faulty of ["version: 1\nroutes: [\n", "version: 1\nroutes: 5\n", '{"version":1,"routes":5}']) {
      await Bun.write(configFile, faulty);
      refused.push(
        await process.lines.find((line) => line.includes("was not reloaded") && !refused.includes(line)),
      );
    }
  });
  expect(refused.map((line) => /gateway.yaml:\d+:\d+: [^(]*/.exec(line)?.[0])).toEqual([
    "gateway.yaml:3:1: a list in brackets is not closed before this line ",
    "gateway.yaml:2:1: /routes: 5 is invalid ",
    "gateway.yaml:1:14: /routes: 5 is invalid ",
  ]);
  expect(onDemand.filter((name) => loaded.has(name))).toEqual([]);
});

test("what a config uses is loaded when the gateway is ready, never by a request", async () => {
  const policies = [
    { type: "authenticate", with: ["keys"] },
    { type: "authorize", rules: ["subject != ''"] },
    { type: "request-validation", body: { type: "object" } },
  ];
  const secret = { file: directory.file("secret") };
  await Bun.write(secret.file, "s".repeat(32));
  const identity = {
    keys: { type: "jwt", issuer: "https://id.example.com", audience: "shop", algorithms: ["HS256"], secret },
  };
  const loaded = await loadedBy({ identity, services, routes: [{ ...route, policies, websocket: true }] });
  expect(onDemand.filter((name) => loaded.has(name))).toEqual([
    "@marcbachmann/cel-js",
    "ajv",
    "ajv-formats",
    "apps/api-gateway/src/upstream/websocket/open-upstream-socket.ts",
  ]);
});
