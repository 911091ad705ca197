import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { loadConfig } from "../apps/api-gateway/src/config/load-config.ts";
import {
  createElysiaServer,
  type EnvironmentSchema,
  readEnvironment,
} from "../libs/elysia-server/src/index.ts";
import { createMemoryLogger, createMetrics } from "../libs/monitoring/src/index.ts";
import { readAppEnvironments } from "./app-environments.ts";
import { appOf, base, containerOf, environmentOf, readManifests, selects } from "./kubernetes-manifests.ts";

const root = join(import.meta.dir, "..");
const manifests = await readManifests();
const { all, deployments, services, kustomization } = manifests;
const apps = deployments.map((deployment) => ({ name: deployment.metadata?.name ?? "", deployment }));
const page = await Bun.file(join(root, "docs/deploy.md")).text();
let tables: ReadonlyMap<string, EnvironmentSchema>;

/** The secret's contents, by the names in docs/deploy.md. */
const secrets: Readonly<Record<string, string>> = {
  DATABASE_URL: "postgres://cartway:secret@db.example:5432/cartway",
  CLICKHOUSE_URL: "http://cartway:secret@events.example:8123/cartway",
  REDIS_URL: "redis://:secret@state.example:6379/0",
  AUTH_SIGNING_SECRET: "0123456789abcdef0123456789abcdef",
  CUSTOMER_JWT_SECRET: "fedcba9876543210fedcba9876543210",
};

beforeAll(async () => {
  tables = await readAppEnvironments();
});

describe("the Kubernetes manifests and the apps", () => {
  test("every app with a main.ts is a Deployment with a Service, under the image that compose builds", async () => {
    expect(deployments.map(appOf).toSorted()).toEqual([...tables.keys()].toSorted());
    const compose = await Bun.file(join(root, "docker-compose.yml")).text();
    for (const { name, deployment } of apps) {
      const [program = ""] = containerOf(deployment).args ?? [];
      const source = program.replace(/\/dist\/main\.js$/, "/src/main.ts");
      expect([program, source !== program && existsSync(join(root, source))]).toEqual([program, true]);
      expect(services.map((service) => service.metadata?.name)).toContain(name);
      expect(compose).toContain(`image: ${containerOf(deployment).image}`);
    }
  });

  test.each(apps)(
    "$name is given what it reads, nothing else, and can be started with it",
    ({ deployment }) => {
      const table = tables.get(appOf(deployment)) ?? {};
      const environment = environmentOf(deployment, manifests, secrets);
      expect(Object.keys(environment).filter((name) => !(name in table))).toEqual([]);
      expect(() => readEnvironment(table, environment)).not.toThrow();
    },
  );

  test.each(apps)(
    "$name is given every store that it can use, and told where every app is that it asks",
    ({ deployment }) => {
      const table = tables.get(appOf(deployment)) ?? {};
      const environment = environmentOf(deployment, manifests, secrets);
      const urls = [...tables.keys()].map((app) => `${app.replaceAll("-", "_").toUpperCase()}_URL`);
      const wanted = ["DATABASE_URL", "CLICKHOUSE_URL", "REDIS_URL", ...urls].filter((name) => name in table);
      expect(wanted.filter((name) => (environment[name] ?? "") === "")).toEqual([]);
    },
  );

  test.each(apps)(
    "$name takes every secret by reference, from the one Secret that docs/deploy.md makes",
    ({ deployment }) => {
      const table = tables.get(appOf(deployment)) ?? {};
      for (const { name, value, valueFrom } of containerOf(deployment).env ?? []) {
        const reference = valueFrom?.secretKeyRef;
        expect([name, value === undefined]).toEqual([name, table[name]?.secret === true]);
        if (reference === undefined) continue;
        expect(reference).toMatchObject({ name: "cartway-secrets", key: name });
        expect(page).toContain(name);
        // without an optional one the pod still starts
        expect([name, reference.optional ?? false]).toEqual([name, !(name in secrets)]);
      }
    },
  );

  test.each(apps)(
    "$name listens where its Service and its probes ask, and Kubernetes waits for its requests and its last writes",
    ({ name, deployment }) => {
      const table = tables.get(appOf(deployment)) ?? {};
      const env = readEnvironment(table, environmentOf(deployment, manifests, secrets));
      const { ports = [], startupProbe, livenessProbe, readinessProbe } = containerOf(deployment);
      expect(ports).toEqual([{ name: "http", containerPort: Number(env["PORT"]) }]);
      const service = services.find((one) => one.metadata?.name === name)?.spec;
      expect(service?.ports?.map((port) => port.targetPort)).toEqual(["http"]);
      expect(selects(service?.selector, deployment.spec?.template.metadata?.labels)).toBe(true);
      const probed = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet);
      expect(probed).toEqual([
        { path: "/healthz", port: "http" },
        { path: "/healthz", port: "http" },
        { path: "/readyz", port: "http" },
      ]);
      // final writes get the deadline once more
      const drainMs = Number(env["DRAIN_NOTICE_MS"]) + 2 * Number(env["DRAIN_DEADLINE_MS"]);
      const grace = deployment.spec?.template.spec?.terminationGracePeriodSeconds ?? 30;
      expect(grace * 1000).toBeGreaterThan(drainMs);
    },
  );

  test("the paths that are probed are served by every app: they stand in the one shell", async () => {
    const metrics = createMetrics({ service: "test", processMetrics: false });
    const { logger } = createMemoryLogger();
    const server = createElysiaServer({
      name: "test",
      version: "1",
      port: 0,
      hostname: "127.0.0.1",
      docs: false,
      logger,
      metrics,
    });
    await server.start();
    for (const path of ["/healthz", "/readyz"])
      expect((await fetch(`${server.address?.url}${path}`)).status).toBe(200);
    await server.stop();
  });

  test.each(apps)("$name goes on accepting while those who call it hear that it goes", ({ deployment }) => {
    expect(Number(environmentOf(deployment, manifests, secrets)["DRAIN_NOTICE_MS"])).toBeGreaterThanOrEqual(
      3000,
    );
  });

  test("the gateway says that it goes before it stops to accept, for as long as a readiness probe needs to see it", () => {
    const [gateway] = apps.filter(({ name }) => name === "gateway");
    if (gateway === undefined) throw new Error("there is a gateway");
    const { periodSeconds = 10, failureThreshold = 3 } = containerOf(gateway.deployment).readinessProbe ?? {};
    const { DRAIN_NOTICE_MS } = environmentOf(gateway.deployment, manifests, secrets);
    expect(Number(DRAIN_NOTICE_MS)).toBeGreaterThanOrEqual(periodSeconds * failureThreshold * 1000);
  });

  test.each(apps)(
    "$name runs as nobody, writes to nothing but its volumes, and can call no API that it need not",
    ({ name, deployment }) => {
      const pod = deployment.spec?.template.spec;
      expect(pod?.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(containerOf(deployment).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(pod?.automountServiceAccountToken ?? true).toBe(name === "gateway");
      const { resources, volumeMounts = [] } = containerOf(deployment);
      expect(resources).toMatchObject({
        requests: { cpu: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
      expect(volumeMounts.map((mount) => mount.name).toSorted()).toEqual(
        (pod?.volumes ?? []).map((volume) => volume.name).toSorted(),
      );
    },
  );

  test("what is scaled, disrupted or bound is there", () => {
    const names = apps.map(({ name }) => name);
    for (const { kind, metadata, ...rest } of all) {
      if (kind !== "HorizontalPodAutoscaler" && kind !== "PodDisruptionBudget") continue;
      expect(names).toContain(metadata.name);
      expect(JSON.stringify(rest)).toContain(`"${metadata.name}"`);
    }
    const kinds = (kind: string) =>
      all.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
    expect(kinds("PodDisruptionBudget").toSorted()).toEqual(names.toSorted());
    // an autoscaler and a number in the Deployment would keep overwriting each other
    for (const { name, deployment } of apps)
      expect([name, deployment.spec?.replicas === undefined]).toEqual([
        name,
        kinds("HorizontalPodAutoscaler").includes(name),
      ]);
  });
});

describe("the gateway's config for Kubernetes", () => {
  const file = join(base, "config/gateway.yaml");

  test("is the platform's own on servers, but that pods are found by the names and ports of their Services", async () => {
    const [here, compose] = [
      await loadConfig({ file }),
      await loadConfig({ file: join(root, "apps/api-gateway/gateway.yaml"), environment: "compose" }),
    ];
    for (const [name, { discovery }] of Object.entries(here.services)) {
      expect(discovery).toMatchObject({ type: "kubernetes", service: name, port: "http" });
      expect(services.find((one) => one.metadata?.name === name)?.spec?.ports?.[0]?.name).toBe("http");
    }
    const withoutDiscovery = ({ services: some, ...rest }: typeof here) => ({
      ...rest,
      services: Object.fromEntries(
        Object.entries(some).map(([name, { discovery: _one, ...service }]) => [name, service]),
      ),
    });
    expect(withoutDiscovery(here)).toEqual(withoutDiscovery(compose));
  });

  test("is mounted where the gateway looks for it, as a directory, and may watch what it follows", () => {
    const gateway = deployments.find((one) => appOf(one) === "api-gateway");
    if (gateway === undefined) throw new Error("there is a gateway");
    const { GATEWAY_CONFIG = "" } = environmentOf(gateway, manifests, secrets);
    const mount = containerOf(gateway).volumeMounts?.find(
      ({ mountPath }) => GATEWAY_CONFIG === `${mountPath}/gateway.yaml`,
    );
    const volume = gateway.spec?.template.spec?.volumes?.find(({ name }) => name === mount?.name);
    expect([mount?.subPath, volume?.configMap?.name]).toEqual([undefined, "gateway-config"]);
    expect(kustomization.configMapGenerator.find(({ name }) => name === "gateway-config")?.files).toEqual([
      "config/gateway.yaml",
    ]);
    const role = all.find(({ kind }) => kind === "Role");
    expect(role).toMatchObject({ rules: [{ resources: ["endpointslices"], verbs: ["list", "watch"] }] });
    expect(gateway.spec?.template.spec?.serviceAccountName).toBe("gateway");
  });
});

describe("kustomize", () => {
  test("is told of every file", () => {
    const files = readdirSync(base).filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml");
    expect([...kustomization.resources].toSorted()).toEqual(files.toSorted());
  });

  test.skipIf(Bun.which("kubectl") === null)(
    "builds them all, in one namespace (install kubectl to run it)",
    () => {
      const { exitCode, stdout, stderr } = Bun.spawnSync(["kubectl", "kustomize", base]);
      expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
      const built = Bun.YAML.parse(stdout.toString()) as {
        readonly kind: string;
        readonly metadata: { readonly namespace?: string };
      }[];
      expect(built.length).toBe(all.length + kustomization.configMapGenerator.length);
      const outside = built.filter(({ metadata }) => metadata.namespace !== kustomization.namespace);
      expect(outside.map(({ kind }) => kind)).toEqual(["Namespace"]);
    },
  );

  test.skipIf(Bun.which("kubectl") === null)(
    "takes the overlay of docs/deploy.md (install kubectl to run it)",
    async () => {
      await using directory = await createTemporaryDirectory();
      await Bun.$`mkdir -p ${directory.file("cartway/deploy")} && cp -r ${join(base, "..")} ${directory.file("cartway/deploy")}`.quiet();
      const overlay = /```yaml\n(apiVersion: kustomize[\s\S]*?)```/.exec(page)?.[1] ?? "";
      await Bun.write(directory.file("kustomization.yaml"), overlay);
      const built = Bun.spawnSync(["kubectl", "kustomize", directory.path]).stdout.toString();
      expect([...(built.match(/image: \S+/g) ?? [])]).toEqual(
        apps.map(() => "image: registry.example/cartway:1.0.0"),
      );
      expect(built).toContain("LOG_LEVEL: warn");
    },
  );
});
