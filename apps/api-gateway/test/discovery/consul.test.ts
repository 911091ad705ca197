import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { type RunningProvider, startProvider } from "../../src/discovery/discovery.contract.ts";
import type { ReadSecret } from "../../src/model/config/secret-reference.ts";
import { makeCertificate } from "../support/tls/make-certificate.ts";
import { type ConsulServer, startConsulServer } from "../support/discovery/start-consul-server.ts";

function startConsul(server: ConsulServer, more: object = {}, readSecret?: ReadSecret): RunningProvider {
  const config = {
    url: server.url,
    service: "shop",
    including: "passing",
    protocol: "http",
    waitMs: 60_000,
    intervalMsMin: 10,
    timeoutMs: 5000,
    staleMsMax: 1000,
    targetsMin: 1,
    ...more,
  };
  return startProvider("consul", config, readSecret);
}

const instance = { address: "10.0.0.1", port: 80 } as const;
const other = { address: "10.0.0.2", port: 80 } as const;

describe("a Consul query", () => {
  test("has the configured parameters, then waits for a change after the last index", async () => {
    await using server = startConsulServer();
    server.set([instance], 40);
    await using _provider = startConsul(server, {
      tag: "v1",
      datacenter: "dc2",
      namespace: "team",
      partition: "part",
      token: { env: "TOKEN" },
    });
    const [first, second] = await server.queries.atLeast(2);
    expect(first?.path).toBe("/v1/health/service/shop");
    expect(Object.fromEntries(first?.params ?? [])).toEqual({
      passing: "1",
      tag: "v1",
      dc: "dc2",
      ns: "team",
      partition: "part",
      stale: "",
    });
    expect(first?.token).toBe("secret");
    expect(second?.params.get("index")).toBe("40");
    expect(second?.params.get("wait")).toBe("54000ms");
  });

  test("uses the current token, so that a replaced one is picked up", async () => {
    await using server = startConsulServer();
    server.set([instance]);
    let token = "first";
    await using provider = startConsul(server, { token: { file: "/run/secrets/consul" } }, () => token);
    await provider.answers.atLeast(1);
    await server.queries.atLeast(2);
    token = "second";
    server.set([other]);
    await provider.answers.atLeast(2);
    await server.queries.atLeast(3);
    expect(server.queries.all.map((query) => query.token)).toEqual(["first", "first", "second"]);
  });

  test("starts over if the index runs backwards, as after a restore", async () => {
    await using server = startConsulServer();
    server.set([instance], 500);
    await using provider = startConsul(server);
    await server.queries.atLeast(2);
    server.toldIndex = 20;
    server.set([other], 501);
    await server.queries.find(({ params }) => params.get("index") === null && server.queries.all.length > 2);
    server.toldIndex = null;
    server.set([instance, other], 502);
    await provider.answers.atLeast(3);
    expect(provider.ids()).toBe("10.0.0.1:80 10.0.0.2:80");
  });

  test("continues with index 1 after an invalid index, and still gets changes", async () => {
    await using server = startConsulServer();
    server.toldIndex = 0;
    server.set([instance]);
    await using provider = startConsul(server);
    const [, second] = await server.queries.atLeast(2);
    expect(second?.params.get("index")).toBe("1");
    server.set([other]);
    await provider.answers.atLeast(2);
    expect(provider.ids()).toBe("10.0.0.2:80");
  });

  test("is repeated at the leader if the server is stale or has no leader", async () => {
    for (const leader of [
      { known: true, lastContactMs: 60_000 },
      { known: false, lastContactMs: 0 },
    ]) {
      await using server = startConsulServer();
      server.leader = leader;
      server.set([instance]);
      await using provider = startConsul(server);
      await provider.answers.atLeast(1);
      const [first, second] = server.queries.all;
      expect([first?.params.has("stale"), second?.params.has("stale")]).toEqual([true, false]);
    }
  });

  test("starts over after a failure, so that an unchanged service is confirmed at once and not after its wait", async () => {
    await using server = startConsulServer();
    server.set([instance]);
    await using provider = startConsul(server);
    await server.queries.atLeast(2);
    server.isFailing = true;
    server.endWaits();
    await waitUntil(() => provider.log.text().includes("discovery failed"));
    server.isFailing = false;
    await waitUntil(() => provider.log.text().includes("discovery has recovered"));
    expect(await provider.metrics.render()).toContain('cartway_discovery_up{service="shop"} 1');
    expect(provider.answers.all.length).toBe(1);
  });

  test("whose answer is empty because the token may not read the service is a failure, not an empty service", async () => {
    await using server = startConsulServer();
    server.isFiltered = true;
    await using provider = startConsul(server);
    await waitUntil(() => provider.log.text().includes("the token may not read"));
    expect(provider.answers.all).toEqual([]);
    server.isFiltered = false;
    server.set([instance]);
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.1:80");
  });

  test("is sent to an agent whose certificate the configured authority signed, and to no other", async () => {
    const { cert, key, ca } = await makeCertificate("127.0.0.1");
    const stranger = await makeCertificate("127.0.0.1");
    await using server = startConsulServer({ cert, key });
    server.set([instance]);
    const readSecret: ReadSecret = (secret) => ("file" in secret && secret.file === "ca" ? ca : stranger.ca);
    await using trusting = startConsul(server, { ca: { file: "ca" } }, readSecret);
    await using deceived = startConsul(server, { ca: { file: "stranger" } }, readSecret);
    await trusting.answers.atLeast(1);
    expect(trusting.ids()).toBe("10.0.0.1:80");
    await waitUntil(() => deceived.log.text().includes("discovery failed"));
    expect(deceived.answers.all).toEqual([]);
  });

  test("that waits for no change fails within its timeout where the agent does not answer", async () => {
    await using server = startConsulServer();
    server.isSilent = true;
    await using provider = startConsul(server, { timeoutMs: 20 });
    await waitUntil(() => provider.log.text().includes("discovery failed"));
    server.isSilent = false;
    server.set([instance]);
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.1:80");
  });

  test("is sent no more often than configured, however often the service changes", async () => {
    await using server = startConsulServer();
    server.set([instance]);
    await using provider = startConsul(server, { intervalMsMin: 60_000 });
    await provider.answers.atLeast(1);
    for (let change = 0; change < 50; change += 1) server.set([instance, other]);
    await fetch(server.url);
    expect(server.queries.all.filter(({ path }) => path.startsWith("/v1")).length).toBe(1);
  });
});

describe("a Consul instance", () => {
  test("is reached at its own address or its node's, with its weight and zone; without a port it is skipped", async () => {
    await using server = startConsulServer();
    server.set([
      { ...instance, weights: { Passing: 7, Warning: 1 }, meta: { zone: "a" } },
      { address: "", port: 90 },
      { address: "fd00::1", port: 90 },
      { address: "10.0.0.9", port: 0 },
    ]);
    await using provider = startConsul(server, { protocol: "https", serverName: "shop.test" });
    await provider.answers.atLeast(1);
    expect(provider.answers.all[0]?.map(({ upstream, weight, zone }) => [upstream.id, weight, zone])).toEqual(
      [
        ["10.0.0.1:80", 7, "a"],
        ["192.0.2.1:90", 1, "node-zone"],
        ["[fd00::1]:90", 1, "node-zone"],
      ],
    );
    expect(provider.answers.all[0]?.[0]?.upstream).toMatchObject({
      protocol: "https",
      serverName: "shop.test",
    });
  });

  test("with an invalid address or port is skipped and reported once, without affecting others", async () => {
    await using server = startConsulServer();
    const odd = [
      { address: "10.0.0.3", port: -1 },
      { address: "10.0.0.3", port: 70_000 },
      { address: "[::1]", port: 80 },
      { address: "bad host", port: 80 },
    ];
    server.set([instance, ...odd]);
    await using provider = startConsul(server);
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.1:80");
    server.set([instance, other, ...odd]);
    await provider.answers.atLeast(2);
    expect(provider.ids()).toBe("10.0.0.1:80 10.0.0.2:80");
    expect(provider.log.text().match(/whose host or port is none/g)).toHaveLength(1);
  });

  test("with warnings gets its warning weight if configured; a critical one is never used", async () => {
    await using server = startConsulServer();
    server.set([
      instance,
      { ...other, status: "warning", weights: { Passing: 9, Warning: 2 } },
      { address: "10.0.0.3", port: 80, status: "critical" },
    ]);
    await using strict = startConsul(server);
    await using lenient = startConsul(server, { including: "warning" });
    await strict.answers.atLeast(1);
    await lenient.answers.atLeast(1);
    expect(strict.ids()).toBe("10.0.0.1:80");
    expect(lenient.answers.all[0]?.map(({ weight }) => weight)).toEqual([1, 2]);
  });

  test("in an invalid response is an outage, never an empty service", async () => {
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => Response.json([{ Node: "n1" }]),
    });
    await using provider = startProvider("consul", {
      url: `http://127.0.0.1:${server.port}`,
      service: "shop",
      including: "passing",
      protocol: "http",
      waitMs: 1000,
      intervalMsMin: 10,
      timeoutMs: 5000,
      staleMsMax: 0,
      targetsMin: 1,
    });
    await waitUntil(() => provider.log.text().includes("discovery failed"));
    expect(provider.answers.all).toEqual([]);
    await server.stop(true);
  });
});
