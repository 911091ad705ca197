import { describe, expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { reservedHeaderNames } from "../../src/model/http/reserved-headers.ts";
import { errorOf } from "../support/error-of.ts";
import { checkedConfig, serviceAt, startGateway, startGatewayTo } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startUpstream, type Upstream } from "../support/upstreams/start-upstream.ts";

/** The headers that the service gets of a request with these. */
async function headersSeen(
  upstream: Upstream,
  url: string,
  headers: Record<string, string>,
): Promise<Headers> {
  expect((await fetch(url, { headers })).status).toBe(200);
  return (await upstream.seen.next()).headers;
}

describe("towards the service", () => {
  test.each([...reservedHeaderNames])("%s from clients is removed", async (name) => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    expect((await headersSeen(upstream, gateway.url, { [name]: "forged" })).has(name)).toBe(false);
  });

  test.each([
    "x_user_id",
    "X_USER-ID",
    "x_forwarded_for",
    "x_tenant_id",
    "X.User.Id",
    "x~user|id",
    "X-User^Roles",
    "client'cert",
  ])("%s, which CGI services would read as a reserved header, is removed", async (name) => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const headers = await headersSeen(upstream, gateway.url, { [name]: "forged", x_kept: "1" });
    expect([headers.has(name), headers.get("x_kept")]).toEqual([false, "1"]);
  });

  test("Proxy, which CGI services would take for the address of their own proxy, is removed", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const headers = await headersSeen(upstream, gateway.url, { proxy: "http://evil.test" });
    expect(headers.has("proxy")).toBe(false);
  });

  test("hop-by-hop fields and those named by Connection are removed", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    await sendRaw(
      gateway.port,
      [
        "GET / HTTP/1.1",
        "Host: a",
        "Connection: close, X-Mine",
        "X-Mine: 1",
        "X-Kept: 1",
        "Keep-Alive: timeout=5",
        "TE: gzip",
        "Proxy-Authorization: Basic eA==",
        "Proxy-Connection: keep-alive",
        "\r\n",
      ].join("\r\n"),
    );
    const { headers } = await upstream.seen.next();
    const gone = ["x-mine", "keep-alive", "te", "proxy-authorization", "proxy-connection"];
    expect(gone.filter((name) => headers.has(name))).toEqual([]);
    expect(headers.get("x-kept")).toBe("1");
  });

  test.each(["NTLM TlRMTVNTUAAB", "negotiate YIIFSA"])(
    "a connection to a service that %s may have authenticated carries no other caller's request",
    async (authorization) => {
      const sockets: unknown[] = [];
      await using upstream = await startRawUpstream((socket) => {
        sockets.push(socket);
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
      await using gateway = await startGatewayTo(upstream.url);
      for (const headers of [{}, { authorization }, {}])
        expect(await (await fetch(gateway.url, { headers })).text()).toBe("ok");
      expect([sockets[1] === sockets[0], sockets[2] === sockets[1]]).toEqual([true, false]);
      expect(upstream.heads.all.map((head) => head.includes("connection: close"))).toEqual([
        false,
        true,
        false,
      ]);
    },
  );

  test("a connection that may have been authenticated is not shared either where the request asks for another protocol", async () => {
    await using upstream = await startRawUpstream((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    );
    await using gateway = await startGatewayTo(upstream.url);
    // as Java's client asks by default
    const upgrade =
      "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n";
    await sendRaw(
      gateway.port,
      `GET / HTTP/1.1\r\nHost: a.test\r\n${upgrade}Authorization: Negotiate YIIFSA\r\n\r\n`,
    );
    expect(await upstream.heads.next()).toContain("connection: close\r\n");
  });

  test("fields are forwarded unchanged; repeated ones are joined, so that they have one reading", async () => {
    const asked: string[] = [];
    await using upstream = await startRawUpstream((socket, received) => {
      asked.push(received);
      socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    });
    await using gateway = await startGatewayTo(upstream.url);
    const ask = (...fields: readonly string[]): Promise<unknown> => {
      const lines = ["GET / HTTP/1.1", "Host: a", "Connection: close", ...fields, "\r\n"];
      return sendRaw(gateway.port, Buffer.from(lines.join("\r\n"), "latin1"));
    };
    await ask("X-Shop:\tcaf\xe9", "ETAG:", "Via: 1.0 edge", "x_Kept: 1 ");
    expect(asked[0]).toContain("\r\nX-Shop:\tcaf\xe9\r\nETAG:\r\nx_Kept: 1 \r\n");
    await ask("Cookie: a=1", "X-Shop: 1", "cookie: b=2", "X-SHOP: 2");
    expect(asked[1]).toContain("\r\ncookie: a=1; b=2\r\nx-shop: 1, 2\r\n");
  });

  test("forwarding headers of an untrusted client are replaced", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const headers = await headersSeen(upstream, gateway.url, {
      host: "shop.test",
      "x-forwarded-for": "1.2.3.4",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "forged.test",
      forwarded: "for=1.2.3.4",
      "x-real-ip": "1.2.3.4",
    });
    expect(headers.get("x-forwarded-for")).toBe("127.0.0.1");
    expect(headers.get("x-forwarded-proto")).toBe("http");
    expect(headers.get("x-forwarded-host")).toBe("shop.test");
    expect(headers.has("forwarded")).toBe(false);
    expect(headers.get("x-real-ip")).toBe("127.0.0.1");
  });

  test("each request on a connection carries its own host", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const asks = [
      "Host: a",
      "Host: a",
      "Host: b",
      "Host: b\r\nVia: 1.1 other",
      "Host: a\r\nConnection: close",
    ];
    await sendRaw(gateway.port, asks.map((lines) => `GET / HTTP/1.1\r\n${lines}\r\n\r\n`).join(""));
    const told: unknown[] = [];
    for (const _ of asks) {
      const { headers } = await upstream.seen.next();
      told.push([headers.get("x-forwarded-host"), headers.get("via")?.split(",").length]);
    }
    expect(told).toEqual([
      ["a", 1],
      ["a", 1],
      ["b", 1],
      ["b", 2],
      ["a", 1],
    ]);
  });

  const toldByProxies = {
    "x-forwarded-prefix": "/forged",
    "x-forwarded-scheme": "http",
    "x-forwarded-user": "root",
    x_forwarded_ssl: "on",
    "x-original-url": "/admin",
    "x-rewrite-url": "/admin",
    "front-end-https": "on",
    "x-client-ip": "10.0.0.1",
    "true-client-ip": "10.0.0.1",
    cf_connecting_ip: "10.0.0.1",
    "forwarded-for": "10.0.0.1",
  };

  test.each([
    ["a stranger are removed", {}, []],
    ["a trusted proxy pass", { trustedProxies: ["127.0.0.0/8"] }, Object.keys(toldByProxies)],
  ])("other headers that proxies write of %s", async (_of, server, passed) => {
    await using upstream = startUpstream();
    await using gateway = await startGateway({
      server,
      services: { api: serviceAt(upstream.url) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    const headers = await headersSeen(upstream, gateway.url, { ...toldByProxies, "x-shop": "1" });
    expect(Object.keys(toldByProxies).filter((name) => headers.has(name))).toEqual(passed);
    expect(headers.get("x-shop")).toBe("1");
  });

  test("forwarding headers of a trusted proxy are extended", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGateway({
      server: { trustedProxies: ["127.0.0.0/8"] },
      services: { api: serviceAt(upstream.url) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    const headers = await headersSeen(upstream, gateway.url, {
      "x-forwarded-for": "1.2.3.4",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.test",
    });
    expect(headers.get("x-forwarded-for")).toBe("1.2.3.4, 127.0.0.1");
    expect(headers.get("x-forwarded-proto")).toBe("https");
    expect(headers.get("x-forwarded-host")).toBe("shop.test");
  });

  test("Forwarded is written if configured: replaced for untrusted clients, extended for trusted proxies", async () => {
    await using upstream = startUpstream();
    const written = 'for=9.9.9.9;proto=https, for="[2001:db8::1]"';
    const seenWith = async (server: object): Promise<string | null> => {
      await using gateway = await startGateway({
        server: { forwarded: true, ...server },
        services: { api: serviceAt(upstream.url) },
        routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
      });
      const headers = await headersSeen(upstream, gateway.url, { host: "shop.test", forwarded: written });
      return headers.get("forwarded");
    };
    const own = 'for=127.0.0.1;host="shop.test";proto=http';
    expect(await seenWith({})).toBe(own);
    expect(await seenWith({ trustedProxies: ["127.0.0.1"] })).toBe(`${written}, ${own}`);
  });

  test("with a number of trusted hops, the first trusted proxy names the client, and earlier entries are ignored", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGateway({
      server: { trustedHops: 2 },
      services: { api: serviceAt(upstream.url) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api" }],
    });
    const clientOf = async (forwardedFor: string): Promise<string | null> =>
      (await headersSeen(upstream, gateway.url, { "x-forwarded-for": forwardedFor })).get("x-real-ip");
    expect(await clientOf("6.6.6.6, 1.2.3.4, 10.0.0.1")).toBe("1.2.3.4");
    expect(await clientOf("1.2.3.4, 10.0.0.1")).toBe("1.2.3.4");
    expect(await clientOf("10.0.0.1")).toBe("10.0.0.1");
    expect(await clientOf("1.2.3.4, not an address")).toBe("127.0.0.1");
  });

  test("Via is extended with the gateway", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const headers = await headersSeen(upstream, gateway.url, { via: "1.1 edge" });
    expect(headers.get("via")).toMatch(/^1\.1 edge, 1\.1 cartway-[0-9a-f]{8}$/);
  });

  test("a request loop through the same gateway is refused with 508", async () => {
    await using gateway = await startGateway({});
    await gateway.gateway.reload(
      checkedConfig({
        services: { self: serviceAt(gateway.url) },
        routes: [{ id: "all", match: { path: "/*" }, service: "self" }],
      }),
    );
    const response = await fetch(`${gateway.url}/round`);
    expect(response.status).toBe(508);
    expect((await errorOf(response)).code).toBe("loop_detected");
  });
});

describe("the request id", () => {
  test("from the client, if well formed, is sent to the service and back", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url, { headers: { "x-request-id": "order-4711-abc" } });
    expect(response.headers.get("x-request-id")).toBe("order-4711-abc");
    expect((await upstream.seen.next()).headers.get("x-request-id")).toBe("order-4711-abc");
  });

  test("is replaced if malformed", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url, { headers: { "x-request-id": "<script>alert(1)</script>" } });
    const made = response.headers.get("x-request-id") ?? "";
    expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect((await upstream.seen.next()).headers.get("x-request-id")).toBe(made);
  });
});

describe("towards the client", () => {
  test("hop-by-hop fields of the service and those named by Connection are removed", async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.end(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close, X-Inner\r\nX-Inner: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nX-Kept: 1\r\n\r\nok",
      );
    });
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url);
    const gone = ["x-inner", "keep-alive", "proxy-authenticate"];
    expect(gone.filter((name) => response.headers.has(name))).toEqual([]);
    expect(response.headers.get("x-kept")).toBe("1");
    expect(await response.text()).toBe("ok");
  });

  test("the service's reason phrase is kept", async () => {
    const answers = ["200 Fine", "404", "299 caf\xe9"];
    await using upstream = await startRawUpstream((socket) => {
      socket.end(Buffer.from(`HTTP/1.1 ${answers.shift()}\r\nContent-Length: 0\r\n\r\n`, "latin1"));
    });
    await using gateway = await startGatewayTo(upstream.url);
    const ask = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const lines: (string | undefined)[] = [];
    while (answers.length > 0) lines.push((await sendRaw(gateway.port, ask)).text.split("\r\n")[0]);
    expect(lines).toEqual(["HTTP/1.1 200 Fine", "HTTP/1.1 404 Not Found", "HTTP/1.1 299 caf\xe9"]);
  });
});
