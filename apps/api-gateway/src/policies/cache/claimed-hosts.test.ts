import { connect } from "node:net";
import { describe, expect, test } from "bun:test";
import { startGateway, serviceAt } from "../../../test/support/start-gateway.ts";
import { startUpstream, type UpstreamHandler } from "../../../test/support/upstreams/start-upstream.ts";
import { cachePolicies } from "../../../test/support/start-cache.ts";

/** A service that builds links from the host it is told, as frameworks do. */
const linking: UpstreamHandler = ({ headers }) =>
  new Response(`${headers.get("x-forwarded-proto")}://${headers.get("x-forwarded-host")}/next`, {
    headers: { "cache-control": "public, max-age=60" },
  });

/** The link in the answer to a GET with these fields. A raw request, because `fetch` writes its own Host. */
async function linkFor(port: number, ...fields: readonly string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(["GET /page HTTP/1.1", ...fields, "Connection: close", "", ""].join("\r\n"));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString().split("\r\n\r\n")[1] ?? "";
}

async function start(server: object) {
  const upstream = startUpstream(linking);
  const routes = [{ id: "all", match: { path: "/*" }, service: "api", policies: cachePolicies() }];
  const gateway = await startGateway({ server, services: { api: serviceAt(upstream.url) }, routes });
  return {
    upstream,
    port: gateway.port,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

describe("a cached response contains no address chosen by another caller:", () => {
  test("through the port in Host", async () => {
    await using cache = await start({});
    expect(await linkFor(cache.port, "Host: shop.test:666")).toBe("http://shop.test:666/next");
    expect(await linkFor(cache.port, "Host: shop.test")).toBe("http://shop.test/next");
    expect(await linkFor(cache.port, "Host: shop.test")).toBe("http://shop.test/next");
    expect(cache.upstream.seen.all).toHaveLength(2);
  });

  test("through forwarding headers that a trusted proxy passes on", async () => {
    await using cache = await start({ trustedProxies: ["127.0.0.1"] });
    const host = "Host: shop.test";
    expect(await linkFor(cache.port, host, "X-Forwarded-Host: evil.test")).toBe("http://evil.test/next");
    expect(await linkFor(cache.port, host, "X-Forwarded-Proto: https")).toBe("https://shop.test/next");
    expect(await linkFor(cache.port, host)).toBe("http://shop.test/next");
    expect(await linkFor(cache.port, host, "X-Forwarded-Host: shop.test")).toBe("http://shop.test/next");
    expect(cache.upstream.seen.all).toHaveLength(3);
  });

  test.each([
    "X-Forwarded-Prefix: /evil",
    "X-Forwarded-Scheme: http",
    "X-Original-URL: /evil",
    "X-Rewrite-URL: /evil",
    "Forwarded: for=192.0.2.1;host=evil.test",
    'Forwarded: for=192.0.2.1, for=192.0.2.2; Host="evil.test"',
  ])("through a trusted proxy, in what else frameworks believe: %s", async (line) => {
    const name = line.split(":", 1)[0] ?? "";
    await using upstream = startUpstream(
      ({ headers }) =>
        new Response(/evil|^http$/.test(headers.get(name) ?? "") ? "evil" : "good", {
          headers: { "cache-control": "public, max-age=60" },
        }),
    );
    await using gateway = await startGateway({
      server: { trustedProxies: ["127.0.0.1"], forwarded: true },
      services: { api: serviceAt(upstream.url) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api", policies: cachePolicies() }],
    });
    expect(await linkFor(gateway.port, "Host: shop.test", line)).toBe("evil");
    expect(await linkFor(gateway.port, "Host: shop.test")).toBe("good");
  });

  test("and callers share what a trusted proxy tells alike of all of them", async () => {
    await using cache = await start({ trustedProxies: ["127.0.0.1"], forwarded: true });
    for (const ip of ["192.0.2.1", "192.0.2.2"])
      await linkFor(cache.port, "Host: shop.test", `Forwarded: for=${ip};host=shop.test;proto=https`);
    expect(cache.upstream.seen.all).toHaveLength(1);
  });

  test("through forwarding headers of an untrusted client, which are dropped and make no variant", async () => {
    await using cache = await start({});
    const forged = ["X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https"];
    expect(await linkFor(cache.port, "Host: shop.test", ...forged)).toBe("http://shop.test/next");
    expect(await linkFor(cache.port, "Host: shop.test")).toBe("http://shop.test/next");
    expect(cache.upstream.seen.all).toHaveLength(1);
  });
});
