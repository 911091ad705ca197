import { describe, expect, test } from "bun:test";
import { createTemporaryDirectory, type TemporaryDirectory, waitUntil } from "@libs/testing";
import { type RunningProvider, startProvider } from "../../src/discovery/discovery.contract.ts";
import { makeCertificate } from "../support/tls/make-certificate.ts";
import {
  type KubernetesServer,
  startKubernetesServer,
} from "../support/discovery/start-kubernetes-server.ts";

interface Watched extends RunningProvider, AsyncDisposable {
  readonly account: TemporaryDirectory;
}

async function watch(server: KubernetesServer, more: object = {}, ca?: string): Promise<Watched> {
  const account = await createTemporaryDirectory();
  await Bun.write(`${account.path}/token`, "first\n");
  await Bun.write(`${account.path}/namespace`, "shop");
  if (ca !== undefined) await Bun.write(`${account.path}/ca.crt`, ca);
  const provider = startProvider("kubernetes", {
    url: server.url,
    serviceAccountDirectory: account.path,
    service: "shop",
    protocol: "http",
    watchMs: 300_000,
    resyncMs: 1_800_000,
    timeoutMs: 5000,
    targetsMin: 1,
    ...more,
  });
  return {
    ...provider,
    account,
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await account[Symbol.asyncDispose]();
    },
  };
}

const kinds = (server: KubernetesServer): string => server.queries.all.map(({ kind }) => kind).join(" ");
const watches = (server: KubernetesServer) => server.queries.all.filter(({ kind }) => kind === "watch");
const endpoint = { address: "10.0.0.1" };

describe("EndpointSlices", () => {
  test("are listed page by page, then watched from the list's version, with bookmarks", async () => {
    await using server = startKubernetesServer();
    server.pageSize = 2;
    for (let slice = 1; slice <= 5; slice += 1)
      server.slices.put({ name: `shop-${slice}`, endpoints: [{ address: `10.0.0.${slice}` }] });
    server.slices.put({ name: "other-1", service: "other", endpoints: [{ address: "10.9.9.9" }] });
    await using provider = await watch(server);
    await provider.answers.atLeast(1);
    expect(provider.answers.all[0]?.length).toBe(5);
    await server.queries.find(({ kind }) => kind === "watch");
    expect(kinds(server)).toBe("list list list watch");
    const [first] = server.queries.all;
    expect(first?.path).toBe("/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices");
    expect(first?.authorization).toBe("Bearer first");
    const [watching] = watches(server);
    expect(watching?.params.get("resourceVersion")).toBe("106");
    expect(watching?.params.get("allowWatchBookmarks")).toBe("true");
    expect(Number(watching?.params.get("timeoutSeconds"))).toBe(300);
  });

  test("are removed with their targets, and an endpoint in two slices counts once", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint, { address: "10.0.0.2" }] });
    server.slices.put({ name: "shop-2", endpoints: [{ address: "10.0.0.2" }] });
    await using provider = await watch(server);
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.1:8080 10.0.0.2:8080");
    await server.queries.find(({ kind }) => kind === "watch");
    server.slices.remove("shop-1");
    await provider.answers.atLeast(2);
    expect(provider.ids()).toBe("10.0.0.2:8080");
  });

  test("are watched again from the last version, bookmarks included, when a watch ends", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    await using provider = await watch(server);
    await server.queries.find(({ kind }) => kind === "watch");
    server.slices.put({ name: "other-1", service: "other", endpoints: [] });
    server.slices.bookmark();
    server.slices.endWatches();
    await server.queries.find(
      ({ kind, params }) => kind === "watch" && params.get("resourceVersion") === "102",
    );
    expect(kinds(server)).toBe("list watch watch");
    server.slices.put({ name: "shop-1", endpoints: [endpoint, { address: "10.0.0.2" }] });
    await provider.answers.atLeast(2);
    expect(provider.ids()).toBe("10.0.0.1:8080 10.0.0.2:8080");
  });

  test("are listed again if the version is gone, in the watch or its response", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    await using provider = await watch(server);
    await server.queries.find(({ kind }) => kind === "watch");
    server.slices.compact();
    await server.queries.atLeast(4);
    expect(kinds(server)).toBe("list watch list watch");
    // A watch that ends in good order, and whose version is too old when it is begun again.
    server.slices.endWatches();
    server.slices.compact();
    server.slices.put({ name: "shop-1", endpoints: [{ address: "10.0.0.3" }] });
    await provider.answers.atLeast(2);
    expect(provider.ids()).toBe("10.0.0.3:8080");
    expect(kinds(server)).toBe("list watch list watch watch list");
    expect(provider.log.text()).not.toContain("discovery failed");
  });

  test.each([
    ["says that it cannot go on", { code: 500, reason: "InternalError", message: "no such revision" }],
    ["sends what cannot be read", { reason: "InternalError" }],
  ])("are listed again if a watch %s, instead of watched from the same version", async (_what, status) => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    await using _provider = await watch(server);
    await server.queries.find(({ kind }) => kind === "watch");
    server.slices.fail(status);
    await server.queries.atLeast(4);
    expect(kinds(server)).toBe("list watch list watch");
  });

  test("are watched again if a watch does not begin in time, which is a failure; a begun one may be quiet", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    server.isSilent = true;
    await using provider = await watch(server, { timeoutMs: 100 });
    await waitUntil(() => provider.log.text().includes("discovery failed"));
    server.isSilent = false;
    await waitUntil(() => provider.log.text().includes("discovery has recovered"));
    const begun = server.queries.all.length;
    await Bun.sleep(200);
    server.slices.put({ name: "shop-1", endpoints: [endpoint, { address: "10.0.0.2" }] });
    await provider.answers.atLeast(2);
    expect(server.queries.all.length).toBe(begun);
  });

  test("are watched from the same version after 429", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    await using _provider = await watch(server);
    await server.queries.find(({ kind }) => kind === "watch");
    server.slices.fail({ code: 429, reason: "TooManyRequests" });
    await server.queries.atLeast(3);
    expect(kinds(server)).toBe("list watch watch");
  });

  test("are listed again when a resync is due", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    await using _provider = await watch(server, { resyncMs: 1 });
    await server.queries.find(({ kind }) => kind === "watch");
    server.slices.endWatches();
    await server.queries.atLeast(3);
    expect(kinds(server)).toStartWith("list watch list");
  });
});

describe("an endpoint", () => {
  test("is used if ready or unknown; terminating ones only if there is no other", async () => {
    await using server = startKubernetesServer();
    server.slices.put({
      name: "shop-1",
      endpoints: [
        { address: "10.0.0.1", zone: "a" },
        { address: "10.0.0.2", ready: null },
        { address: "10.0.0.3", ready: false },
        { address: "10.0.0.4", ready: false, serving: true, terminating: true },
        { address: "10.0.0.5", ready: false, serving: false, terminating: true },
      ],
    });
    await using provider = await watch(server);
    await provider.answers.atLeast(1);
    expect(
      provider.answers.all[0]?.map(({ upstream, priority, zone }) => [upstream.host, priority, zone]),
    ).toEqual([
      ["10.0.0.1", 0, "a"],
      ["10.0.0.2", 0, null],
      ["10.0.0.4", 1, null],
    ]);
  });

  test.each([
    ["named", "metrics", "10.0.0.1:9090"],
    ["numbered", 8080, "10.0.0.1:8080"],
    ["absent among several", undefined, ""],
  ])("has the port that is %s", async (_case, port, expected) => {
    await using server = startKubernetesServer();
    const ports = [
      { name: "http", port: 8080 },
      { name: "metrics", port: 9090 },
      { name: "dns", port: 53, protocol: "UDP" },
    ];
    server.slices.put({ name: "shop-1", endpoints: [endpoint], ports });
    await using provider = await watch(server, port === undefined ? {} : { port });
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe(expected);
  });
});

test.each([
  ["is absent among several", undefined],
  ["is of another name", "web"],
])("a port that %s is reported once, with those there are", async (_case, port) => {
  await using server = startKubernetesServer();
  const ports = [
    { name: "metrics", port: 9090 },
    { name: "http", port: 8080 },
  ];
  server.slices.put({ name: "shop-1", endpoints: [endpoint], ports });
  await using provider = await watch(server, port === undefined ? {} : { port });
  await server.queries.find(({ kind }) => kind === "watch");
  server.slices.put({ name: "shop-2", endpoints: [{ address: "10.0.0.2" }], ports });
  server.slices.put({ name: "shop-3", endpoints: [{ address: "10.0.0.3" }], ports: [] });
  server.slices.put({
    name: "shop-4",
    endpoints: [{ address: "10.0.0.4" }],
    ports: [{ name: "web", port: 80 }],
  });
  await provider.answers.atLeast(2);
  const lines = provider.log.lines.filter(({ message }) => String(message).includes("name one by `port`"));
  expect(lines).toMatchObject([{ port: port ?? null, offered: ["http 8080", "metrics 9090"] }]);
});

describe("the service account", () => {
  test("is read for every request, so that a replaced token is picked up", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    await using provider = await watch(server);
    await server.queries.find(({ kind }) => kind === "watch");
    await Bun.write(`${provider.account.path}/token`, "second");
    server.slices.endWatches();
    await server.queries.find(({ authorization }) => authorization === "Bearer second");
  });

  test("may be absent over plain HTTP, as to kubectl proxy, and only there", async () => {
    await using server = startKubernetesServer();
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    const none = { serviceAccountDirectory: "/nowhere", namespace: "shop" };
    await using proxied = await watch(server, none);
    await proxied.answers.atLeast(1);
    expect(proxied.ids()).toBe("10.0.0.1:8080");
    expect(server.queries.all[0]?.authorization).toBeNull();
    await using direct = await watch(server, { ...none, url: server.url.replace("http:", "https:") });
    await waitUntil(() => direct.log.text().includes("/nowhere/token"));
  });

  test("names the CA of the API server's certificate", async () => {
    const { cert, key, ca } = await makeCertificate("127.0.0.1");
    const stranger = await makeCertificate("127.0.0.1");
    await using server = startKubernetesServer({ tls: { cert, key } });
    server.slices.put({ name: "shop-1", endpoints: [endpoint] });
    await using trusted = await watch(server, {}, ca);
    await trusted.answers.atLeast(1);
    expect(trusted.ids()).toBe("10.0.0.1:8080");
    await using deceived = await watch(server, {}, stranger.ca);
    await waitUntil(() => deceived.log.text().includes("discovery failed"));
    expect(deceived.answers.all).toEqual([]);
  });
});
