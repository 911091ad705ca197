import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentSchema } from "../libs/elysia-server/src/index.ts";
import { readEnvironment } from "../libs/elysia-server/src/index.ts";
import { readAppEnvironments } from "./app-environments.ts";
import { loadConfig } from "../apps/api-gateway/src/config/load-config.ts";
import { checkSharedState } from "../apps/api-gateway/src/config/shared-state-rules.ts";

const root = join(import.meta.dir, "..");

interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** The variables that `.env` must hold. */
const given: Readonly<Record<string, string>> = {
  POSTGRES_PASSWORD: "0123abcd",
  CLICKHOUSE_PASSWORD: "4567abcd",
  REDIS_PASSWORD: "89efabcd",
  AUTH_SIGNING_SECRET: "0123456789abcdef0123456789abcdef0123456789abcdef",
  CUSTOMER_JWT_SECRET: "fedcba9876543210fedcba9876543210fedcba9876543210",
};

/** Interpolation as docker compose does it: `${NAME:-default}`, `${NAME:?message}`, `$$`. */
function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (match, name?: string, kind?: string, rest?: string) => {
      if (match === "$$") return "$";
      const value = env[name ?? ""] ?? "";
      if (value !== "") return value;
      if (kind === "?") throw new Error(`${name}: ${rest}`);
      return rest ?? "";
    },
  );
}

async function readCompose(env: Readonly<Record<string, string>>): Promise<Compose> {
  const text = await Bun.file(join(root, "docker-compose.yml")).text();
  const tree: unknown = Bun.YAML.parse(text);
  return JSON.parse(JSON.stringify(tree), (_key, value) =>
    typeof value === "string" ? interpolate(value, env) : value,
  );
}

const compose = await readCompose(given);
let tables: ReadonlyMap<string, EnvironmentSchema>;
const services = Object.entries(compose.services);
const appOf = ({ command }: ComposeService): string | null =>
  /^apps\/([^/]+)\/dist\/main\.js$/.exec(command?.[0] ?? "")?.[1] ?? null;
const apps = services.flatMap(([name, service]) => {
  const app = appOf(service);
  return app === null ? [] : [{ name, app, service }];
});

beforeAll(async () => {
  tables = await readAppEnvironments();
});

describe("docker-compose.yml and the apps", () => {
  test("every app with a main.ts is a service, and every service's main.ts is there", () => {
    expect(apps.map(({ app }) => app).toSorted()).toEqual([...tables.keys()].toSorted());
    for (const { app } of apps) expect(existsSync(join(root, `apps/${app}/src/main.ts`))).toBe(true);
  });

  test.each(apps)(
    "$name is given what it reads, nothing else, and can be started with it",
    ({ app, service }) => {
      const table = tables.get(app) ?? {};
      const environment = service.environment ?? {};
      const unknown = Object.keys(environment).filter((name) => !(name.replace(/_FILE$/, "") in table));
      expect(unknown).toEqual([]);
      expect(() => readEnvironment(table, environment)).not.toThrow();
    },
  );

  test.each(apps)("$name is given every store that it can use", ({ app, service }) => {
    const stores = ["DATABASE_URL", "CLICKHOUSE_URL", "REDIS_URL"].filter(
      (name) => name in (tables.get(app) ?? {}),
    );
    expect(stores.filter((name) => service.environment?.[name] === undefined)).toEqual([]);
  });

  test.each(apps)("$name is told where every other app is that it asks for", ({ app, service }) => {
    const urls = apps.map(({ app: other }) => `${other.replaceAll("-", "_").toUpperCase()}_URL`);
    const asked = urls.filter((name) => name in (tables.get(app) ?? {}));
    expect(asked.filter((name) => service.environment?.[name] === undefined)).toEqual([]);
  });

  test("an app waits for the stores it uses to be healthy", () => {
    const storeOf: Readonly<Record<string, string>> = {
      DATABASE_URL: "postgresql",
      CLICKHOUSE_URL: "clickhouse",
      REDIS_URL: "redis",
    };
    for (const { name, service } of apps) {
      for (const [variable, store] of Object.entries(storeOf)) {
        if (service.environment?.[variable] === undefined) continue;
        expect([name, store, service.depends_on?.[store]?.condition]).toEqual([
          name,
          store,
          "service_healthy",
        ]);
      }
    }
  });

  test("every URL names a service of this file, at the port it has", () => {
    const ports: Readonly<Record<string, string>> = { postgresql: "5432", clickhouse: "8123", redis: "6379" };
    for (const { name, service } of apps) {
      for (const [variable, value] of Object.entries(service.environment ?? {})) {
        const url = /^[a-z]+:\/\//.test(value) ? URL.parse(value) : null;
        if (url === null) continue;
        const target = compose.services[url.hostname];
        const port = ports[url.hostname] ?? target?.environment?.["PORT"];
        expect([name, variable, url.hostname, url.port]).toEqual([
          name,
          variable,
          url.hostname,
          port ?? "no such service",
        ]);
      }
    }
  });

  test("Docker waits for an app's requests, and as long again for its last writes", () => {
    for (const { app, service } of apps) {
      const drain = readEnvironment(tables.get(app) ?? {}, service.environment ?? {})["DRAIN_DEADLINE_MS"];
      expect(Number.parseInt(service.stop_grace_period ?? "10s", 10) * 1000).toBeGreaterThan(
        2 * Number(drain),
      );
    }
  });
});

describe("docker-compose.yml", () => {
  test("publishes the gateway and nothing else, and only who calls the world leaves the internal network", () => {
    expect(services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual([
      "gateway",
    ]);
    expect(compose.networks["inside"]?.internal).toBe(true);
    const outside = services.filter(([, { networks = [] }]) =>
      networks.some((network) => network !== "inside"),
    );
    expect(outside.map(([name]) => name)).toEqual(["gateway", "ai-engine"]);
  });

  test("asks each service whether it is well", () => {
    for (const [name, { healthcheck }] of services)
      expect([name, healthcheck?.test.length]).not.toEqual([name, undefined]);
    for (const { service } of apps) {
      const file = service.healthcheck?.test.find((word) => word.endsWith(".ts")) ?? "";
      expect(existsSync(join(root, file))).toBe(true);
    }
  });

  test("keeps every store's data in a named volume, and every app's file system read-only", () => {
    for (const store of ["postgresql", "clickhouse", "redis"]) {
      const volume = compose.services[store]?.volumes?.[0]?.split(":")[0] ?? "";
      expect([store, volume in compose.volumes]).toEqual([store, true]);
    }
    for (const { name, service } of apps) expect([name, service.read_only]).toEqual([name, true]);
  });

  test("has no password of its own: without .env it refuses, and says what to do", async () => {
    for (const name of Object.keys(given)) {
      const without = Object.fromEntries(Object.entries(given).filter(([other]) => other !== name));
      await expect(readCompose(without)).rejects.toThrow(`${name}: write it to .env`);
    }
  });

  test("names a gateway config that the gateway accepts, with every target a service at its port", async () => {
    const { GATEWAY_CONFIG = "", GATEWAY_ENV = "" } = compose.services["gateway"]?.environment ?? {};
    const config = await loadConfig({ file: join(root, GATEWAY_CONFIG), environment: GATEWAY_ENV });
    expect(Object.keys(config.services)).not.toEqual([]);
    for (const { discovery } of Object.values(config.services)) {
      // The config has passed its check: this is what a static discovery's targets look like.
      const targets = discovery["targets"] as readonly { readonly url: string }[];
      for (const { url } of targets) {
        const { hostname, port } = new URL(url);
        expect([hostname, port]).toEqual([
          hostname,
          compose.services[hostname]?.environment?.["PORT"] ?? "none",
        ]);
      }
    }
  });
});

describe("the gateway of docker-compose.yml", () => {
  const { GATEWAY_CONFIG = "", GATEWAY_ENV = "" } = compose.services["gateway"]?.environment ?? {};
  const file = join(root, GATEWAY_CONFIG);

  test("is as many workers as .env says, one by default, and its config is one that several can run", async () => {
    expect(compose.services["gateway"]?.environment?.["WORKERS"]).toBe("1");
    const { services: scaled } = await readCompose({ ...given, WORKERS: "auto" });
    expect(scaled["gateway"]?.environment?.["WORKERS"]).toBe("auto");
    const config = await loadConfig({ file, environment: GATEWAY_ENV });
    expect(checkSharedState(config, { hasRedis: true, hasDatabase: true })).toEqual([]);
  });

  test("limits what the gateway by itself limits, and as much", async () => {
    const [base, composed] = await Promise.all([
      loadConfig({ file }),
      loadConfig({ file, environment: GATEWAY_ENV }),
    ]);
    const policiesOf = ({ routes }: typeof base) =>
      routes.map(({ id, policies }) => [
        id,
        policies.map(({ store: _store, onStoreError: _onStoreError, lease: _lease, ...policy }) => policy),
      ]);
    expect(policiesOf(composed)).toEqual(policiesOf(base));
  });
});

describe("the image", () => {
  test("has the Bun that the repository pins", async () => {
    const { packageManager } = await Bun.file(join(root, "package.json")).json();
    const dockerfile = await Bun.file(join(root, "deploy/docker/Dockerfile")).text();
    const images = [...dockerfile.matchAll(/^FROM oven\/bun:([\d.]+)/gm)].map(
      ([, version]) => `bun@${version}`,
    );
    expect(images).toEqual([packageManager, packageManager]);
  });

  test("does not run as root", async () => {
    expect(await Bun.file(join(root, "deploy/docker/Dockerfile")).text()).toMatch(/^USER bun$/m);
  });
});
