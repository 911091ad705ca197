import { describe, expect, test } from "bun:test";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { setImmediate } from "node:timers/promises";
import { type Clock, systemClock } from "@libs/resilience";
import { createEventLog, freePort, waitUntil } from "@libs/testing";
import { type RunningProvider, startProvider } from "../../src/discovery/discovery.contract.ts";
import { exchange } from "../../src/discovery/dns/exchange.ts";
import { serverOf, systemServers } from "../../src/discovery/dns/system-servers.ts";
import { ownFamilies } from "../../src/discovery/dns/own-families.ts";
import { decodeMessage, encodeQuery } from "../../src/discovery/dns/message.ts";
import { type DnsServer, startDnsServer, type ZoneRecord } from "../support/discovery/start-dns-server.ts";
import { startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

function startDns(server: DnsServer, more: object = {}, clock?: Clock): RunningProvider {
  const config = {
    name: "shop.test",
    record: "address",
    port: 80,
    protocol: "http",
    families: [4, 6],
    servers: [server.address],
    timeoutMs: 1000,
    ttlMsMin: 10,
    ttlMsMax: 60_000,
    targetsMin: 1,
    ...more,
  };
  return startProvider("dns", config, undefined, clock);
}

const a = (name: string, data: string, ttl = 60): ZoneRecord => ({ name, type: "A", ttl, data });

/** Answers each query over UDP with nothing but that the answer does not fit. */
function startTruncating(port = 0) {
  return Bun.udpSocket({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(socket, query, peerPort, peer) {
        const answer = Buffer.from(query);
        answer[2] = 0x86;
        answer.writeUInt16BE(0, 10);
        socket.send(answer.subarray(0, -11), peerPort, peer);
      },
    },
  });
}

describe("DNS addresses", () => {
  test("are of both families, IPv6 in brackets", async () => {
    const aaaa = { name: "shop.test", type: "AAAA", ttl: 60, data: "fd00:0:0:0:0:0:0:2" } as const;
    await using server = await startDnsServer([a("shop.test", "10.0.0.1"), aaaa]);
    await using provider = startDns(server);
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.1:80 [fd00:0:0:0:0:0:0:2]:80");
    expect(provider.answers.all[0]?.[1]?.upstream.host).toBe("fd00:0:0:0:0:0:0:2");
  });

  test("are of the families that the machine has addresses of, unless configured", async () => {
    await using server = await startDnsServer([a("shop.test", "10.0.0.1")]);
    await using provider = startDns(server, { families: undefined });
    await provider.answers.atLeast(1);
    const types = ownFamilies().map((family) => (family === 4 ? 1 : 28));
    expect(server.asked.all.toSorted()).toEqual(types.map((type) => `shop.test ${type} udp`));
  });

  test("are cached for their TTL", async () => {
    await using server = await startDnsServer([a("shop.test", "10.0.0.1", 60)]);
    await using held = startDns(server, { families: [4] });
    await held.answers.atLeast(1);
    await using server2 = await startDnsServer([a("shop.test", "10.0.0.1", 0)]);
    await using followed = startDns(server2, { families: [4] });
    await server2.asked.atLeast(5);
    expect(server.asked.all.length).toBe(1);
    expect(followed.answers.all.length).toBe(1);
  });

  test("are queried again within seconds where there are none, whatever the TTL: they may be about to come", async () => {
    await using server = await startDnsServer();
    server.negativeTtl = 3600;
    const waits = createEventLog<number>();
    const sleep: Clock["sleep"] = (ms, signal) => {
      waits.push(ms);
      return systemClock.sleep(ms, signal);
    };
    await using _provider = startDns(server, { families: [4] }, { ...systemClock, sleep });
    await waits.atLeast(1);
    expect(waits.all[0]).toBe(5000);
  });

  test("are resolved through aliases, in one response or several", async () => {
    const alias = { name: "shop.test", type: "CNAME", ttl: 60, data: "real.test" } as const;
    await using whole = await startDnsServer([alias, a("real.test", "10.0.0.7")]);
    await using provider = startDns(whole, { families: [4] });
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.7:80");
    expect(whole.asked.all).toEqual(["shop.test 1 udp"]);
    await using bare = await startDnsServer([alias, a("real.test", "10.0.0.7")]);
    bare.followsAliases = false;
    await using patient = startDns(bare, { families: [4] });
    await patient.answers.atLeast(1);
    expect(patient.ids()).toBe("10.0.0.7:80");
    expect(bare.asked.all).toEqual(["shop.test 1 udp", "real.test 1 udp"]);
  });

  test("are queried over TCP if truncated", async () => {
    const many = Array.from({ length: 200 }, (_, index) => a("shop.test", `10.0.1.${index}`));
    await using server = await startDnsServer(many);
    server.trouble = "truncated";
    await using provider = startDns(server, { families: [4] });
    await provider.answers.atLeast(1);
    expect(provider.answers.all[0]?.length).toBe(200);
    expect(server.asked.all).toEqual(["shop.test 1 udp", "shop.test 1 tcp"]);
  });

  test.each(["servfail", "silent", "garbage"] as const)(
    "are queried from the next server if one is %s",
    async (trouble) => {
      await using broken = await startDnsServer();
      broken.trouble = trouble;
      await using well = await startDnsServer([a("shop.test", "10.0.0.1")]);
      await using provider = startDns(broken, {
        servers: [broken.address, well.address],
        timeoutMs: 50,
        families: [4],
      });
      await provider.answers.atLeast(1);
      expect(provider.ids()).toBe("10.0.0.1:80");
    },
  );

  test("are queried from the next server if the first refuses connections, over TCP too", async () => {
    await using well = await startDnsServer([a("shop.test", "10.0.0.1")]);
    const dead = `127.0.0.1:${await freePort()}`;
    await using provider = startDns(well, { servers: [dead, well.address], families: [4] });
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.1:80");

    // A server over UDP alone, whose answer does not fit.
    const udp = await startTruncating();
    await using other = startDns(well, { servers: [`127.0.0.1:${udp.port}`, well.address], families: [4] });
    await other.answers.atLeast(1);
    expect(other.ids()).toBe("10.0.0.1:80");
    udp.close();
  });

  test("with circular aliases are a failure, not a loop", async () => {
    const circle = ["shop.test", "other.test"].map((name, index, all) => ({
      name,
      type: "CNAME" as const,
      ttl: 60,
      data: all[1 - index] ?? "",
    }));
    await using server = await startDnsServer(circle);
    server.followsAliases = false;
    await using provider = startDns(server, { families: [4] });
    await waitUntil(() => provider.log.text().includes("discovery failed"));
    expect(provider.answers.all).toEqual([]);
  });

  test("of one family do not wait for the other's", async () => {
    await using server = await startDnsServer([a("shop.test", "10.0.0.1")]);
    await using provider = startDns(server);
    await provider.answers.atLeast(1);
    expect(provider.ids()).toBe("10.0.0.1:80");
  });

  test("of one family are kept while the server fails for it and answers for the other", async () => {
    const aaaa = (data: string) => ({ name: "shop.test", type: "AAAA", ttl: 0, data }) as const;
    await using server = await startDnsServer([a("shop.test", "10.0.0.1", 0), aaaa("fd00:0:0:0:0:0:0:2")]);
    await using provider = startDns(server);
    await provider.answers.atLeast(1);
    server.trouble = "servfail";
    server.troubledType = "A";
    server.records = [a("shop.test", "10.0.0.1", 0), aaaa("fd00:0:0:0:0:0:0:3")];
    await provider.answers.atLeast(2);
    expect(provider.ids()).toBe("10.0.0.1:80 [fd00:0:0:0:0:0:0:3]:80");
    server.trouble = "none";
    server.records = [a("shop.test", "10.0.0.4", 0), aaaa("fd00:0:0:0:0:0:0:3")];
    await waitUntil(() => provider.ids() === "10.0.0.4:80 [fd00:0:0:0:0:0:0:3]:80");
  });

  test("over https are verified by the queried name", async () => {
    await using server = await startDnsServer([a("shop.test", "10.0.0.1")]);
    await using provider = startDns(server, { protocol: "https" });
    await provider.answers.atLeast(1);
    expect(provider.answers.all[0]?.[0]?.upstream).toMatchObject({
      protocol: "https",
      serverName: "shop.test",
    });
  });
});

test("a target that was found by a name gets requests that are meant for itself under that name", async () => {
  await using upstream = startUpstream((request) => new Response(request.headers.get("host")));
  const { port } = new URL(upstream.url);
  await using server = await startDnsServer([
    a("shop.test", "127.0.0.1"),
    { name: "_http._tcp.shop.test", type: "SRV", ttl: 60, data: [0, 1, Number(port), "pod.shop.test"] },
    a("pod.shop.test", "127.0.0.1"),
  ]);
  const found = { type: "dns", servers: [server.address], families: [4] };
  await using gateway = await startGateway({
    services: {
      addresses: { discovery: { ...found, name: "shop.test.", port: Number(port) } },
      records: { discovery: { ...found, name: "_http._tcp.shop.test", record: "srv" } },
    },
    routes: [
      { id: "own", match: { path: "/own" }, service: "addresses", host: "target" },
      { id: "record", match: { path: "/record" }, service: "records", host: "target" },
      { id: "kept", match: { path: "/kept" }, service: "addresses" },
    ],
  });
  const hostOf = async (path: string) => (await fetch(gateway.url + path)).text();
  expect(await Promise.all(["/own", "/record", "/kept"].map(hostOf))).toEqual([
    `shop.test:${port}`,
    `pod.shop.test:${port}`,
    `127.0.0.1:${gateway.port}`,
  ]);
});

describe("DNS SRV records", () => {
  const srv = (data: [number, number, number, string]): ZoneRecord => ({
    name: "_http._tcp.shop.test",
    type: "SRV",
    ttl: 60,
    data,
  });

  test("have ports, priorities and weights; several addresses of one share its weight", async () => {
    await using server = await startDnsServer([
      srv([10, 60, 8080, "big.shop.test"]),
      srv([10, 0, 8081, "small.shop.test"]),
      srv([20, 5, 9090, "spare.shop.test"]),
      srv([10, 5, 0, "spare.shop.test"]),
      a("big.shop.test", "10.0.0.1"),
      a("big.shop.test", "10.0.0.2"),
      a("small.shop.test", "10.0.0.3"),
      a("spare.shop.test", "10.0.0.4"),
    ]);
    await using provider = startDns(server, { name: "_http._tcp.shop.test", record: "srv", port: undefined });
    await provider.answers.atLeast(1);
    const found = provider.answers.all[0]?.map(({ upstream, weight, priority }) => [
      upstream.id,
      weight,
      priority,
    ]);
    expect(found).toEqual([
      ["10.0.0.1:8080", 30, 10],
      ["10.0.0.2:8080", 30, 10],
      ["10.0.0.3:8081", 1, 10],
      ["10.0.0.4:9090", 5, 20],
    ]);
  });

  test("that declare no service leave it without targets", async () => {
    await using server = await startDnsServer([srv([0, 0, 0, ""])]);
    await using provider = startDns(server, { name: "_http._tcp.shop.test", record: "srv" });
    await provider.answers.atLeast(1);
    expect(provider.answers.all).toEqual([[]]);
  });

  test("are kept if the address of one cannot be resolved", async () => {
    await using server = await startDnsServer([
      srv([0, 1, 80, "one.shop.test"]),
      a("one.shop.test", "10.0.0.1", 0),
    ]);
    await using provider = startDns(server, { name: "_http._tcp.shop.test", record: "srv" });
    await provider.answers.atLeast(1);
    server.trouble = "servfail";
    await waitUntil(async () => (await provider.metrics.render()).includes('outcome="failed"'));
    expect(provider.ids()).toBe("10.0.0.1:80");
  });
});

test("DNS SRV records are used while the address of one cannot be resolved, which keeps its last", async () => {
  const srv = (name: string): ZoneRecord => ({
    name: "_http._tcp.shop.test",
    type: "SRV",
    ttl: 0,
    data: [0, 1, 80, name],
  });
  const both = [srv("one.shop.test"), srv("two.shop.test"), a("one.shop.test", "10.0.0.1", 0)];
  await using server = await startDnsServer([...both, a("two.shop.test", "10.0.0.2", 0)]);
  server.trouble = "servfail";
  server.troubledName = "one.shop.test";
  await using provider = startDns(server, { name: "_http._tcp.shop.test", record: "srv" });
  await provider.answers.atLeast(1);
  expect(provider.ids()).toBe("10.0.0.2:80");
  server.troubledName = "nobody";
  await provider.answers.atLeast(2);
  server.troubledName = "one.shop.test";
  server.records = [...both, a("two.shop.test", "10.0.0.3", 0)];
  await provider.answers.atLeast(3);
  expect(provider.ids()).toBe("10.0.0.1:80 10.0.0.3:80");
});

describe("a DNS message", () => {
  const query = encodeQuery(7, "shop.test", 1);

  test("that is truncated anywhere is refused", () => {
    const whole = Buffer.from(query);
    whole.writeUInt16BE(1, 6);
    for (let length = 0; length < whole.length; length += 1)
      expect(() => decodeMessage(whole.subarray(0, length))).toThrow();
  });

  test("with forward or circular name pointers is refused, and names are bounded", () => {
    for (const pointer of [12, 13, 200]) {
      const message = Buffer.concat([
        Buffer.from([0, 7, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        Buffer.from([0xc0, pointer, 0, 1, 0, 1]),
      ]);
      expect(() => decodeMessage(message)).toThrow("invalid name");
    }
  });

  test("with a name above 255 bytes is refused, so that chains of pointers cost no time", () => {
    const messageWith = (labels: number): Buffer =>
      Buffer.concat([
        Buffer.from([0, 7, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        ...Array.from({ length: labels }, () => Buffer.from([1, 97])),
        Buffer.from([0, 0, 1, 0, 1]),
      ]);
    expect(decodeMessage(messageWith(127)).question?.name.length).toBe(253);
    expect(() => decodeMessage(messageWith(128))).toThrow("invalid name");
  });

  test("cannot query an invalid name", () => {
    for (const name of ["a..b", `${"x".repeat(64)}.test`])
      expect(() => encodeQuery(1, name, 1)).toThrow("not a DNS name");
  });
});

describe("DNS servers", () => {
  const hasIpv6 = Object.values(networkInterfaces()).some((own) =>
    own?.some(({ address }) => address === "::1"),
  );

  test.if(hasIpv6)("are queried over IPv6, by UDP and TCP", async () => {
    await using server = await startDnsServer([a("shop.test", "10.0.0.1")], "::1");
    await using overUdp = startDns(server, { families: [4] });
    await overUdp.answers.atLeast(1);
    server.trouble = "truncated";
    await using overTcp = startDns(server, { families: [4] });
    await overTcp.answers.atLeast(1);
    expect([overUdp.ids(), overTcp.ids()]).toEqual(["10.0.0.1:80", "10.0.0.1:80"]);
  });

  test("that cannot be sent to fail once, and nothing comes of it when the time is up", async () => {
    const late: unknown[] = [];
    const note = (thrown: unknown): void => void late.push(thrown);
    process.on("unhandledRejection", note);
    const query = new AbortController();
    const question = { name: "shop.test", type: 1 };
    const asked = exchange({ host: "255.255.255.255", port: 53 }, question, {
      timeoutMs: 60_000,
      signal: query.signal,
    });
    expect(await asked.then(() => null, String)).toContain("permission denied");
    query.abort();
    await setImmediate();
    process.off("unhandledRejection", note);
    expect(late).toEqual([]);
  });

  test("that hang over TCP are left with their connection closed", async () => {
    const closed = createEventLog<null>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      socket.on("close", () => closed.push(null));
      socket.pause();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const udp = await startTruncating(port);
    const asked = exchange(
      { host: "127.0.0.1", port },
      { name: "shop.test", type: 1 },
      { timeoutMs: 50, signal: new AbortController().signal },
    );
    expect(await asked.then(() => null, String)).toContain("TimeoutError");
    await closed.atLeast(1);
    udp.close();
    server.close();
  });

  test("are configured with or without a port", () => {
    expect(["10.0.0.2", "10.0.0.2:5353", "[fd00::2]:53", "[fd00::2]", "fd00::2"].map(serverOf)).toEqual([
      { host: "10.0.0.2", port: 53 },
      { host: "10.0.0.2", port: 5353 },
      { host: "fd00::2", port: 53 },
      { host: "fd00::2", port: 53 },
      { host: "fd00::2", port: 53 },
    ]);
  });

  test("are the system's by default, a link-local one with the interface it is on", async () => {
    const file = `/tmp/cartway-resolv-${crypto.randomUUID()}`;
    await Bun.write(
      file,
      "# made by hand\nsearch test\nnameserver 10.0.0.53\n nameserver fe80::1%eth0\nnameserver\n",
    );
    expect(systemServers(file)).toEqual([
      { host: "10.0.0.53", port: 53 },
      { host: "fe80::1%eth0", port: 53 },
    ]);
    await Bun.file(file).delete();
  });
});
