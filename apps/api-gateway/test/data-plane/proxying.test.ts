import { describe, expect, test } from "bun:test";
import { sendRaw } from "@libs/testing";
import { errorOf } from "../support/error-of.ts";
import { startGateway, startGatewayTo, serviceAt } from "../support/start-gateway.ts";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

describe("a request reaches its service", () => {
  test.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
    "with its method %s, path and query",
    async (method) => {
      await using upstream = startUpstream();
      await using gateway = await startGatewayTo(upstream.url);
      const response = await fetch(`${gateway.url}/a/b%20c?x=1&y=%2F`, { method });
      expect(response.status).toBe(200);
      const seen = await upstream.seen.next();
      expect([seen.method, seen.path]).toEqual([method, "/a/b%20c?x=1&y=%2F"]);
    },
  );

  test("with a small body's bytes and length unchanged", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    await fetch(`${gateway.url}/`, { method: "POST", body: "größe" });
    const seen = await upstream.seen.next();
    expect(seen.body).toBe("größe");
    expect(seen.headers.get("content-length")).toBe("7");
  });

  test("with a body larger than memory, streamed both ways", async () => {
    const body = crypto
      .getRandomValues(new Uint8Array(64 * 1024))
      .toHex()
      .repeat(16);
    await using upstream = startUpstream((_request, seen) => new Response(seen.body));
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(`${gateway.url}/`, { method: "POST", body });
    const answer = await response.text();
    expect(answer === body).toBe(true);
  });

  test("with a chunked body, complete", async () => {
    await using upstream = startUpstream((_request, seen) => new Response(seen.body));
    await using gateway = await startGatewayTo(upstream.url);
    const answer = await sendRaw(
      gateway.port,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    expect(answer.status).toBe(200);
    expect((await upstream.seen.next()).body).toBe("abcde");
  });
});

describe("a response reaches the client", () => {
  test("with its status, headers, separate Set-Cookie fields and body", async () => {
    await using upstream = startUpstream(() => {
      const headers = new Headers({ "x-answer": "1", "content-type": "text/plain" });
      headers.append("set-cookie", "a=1; Path=/");
      headers.append("set-cookie", "b=2; Path=/");
      return new Response("made", { status: 201, headers });
    });
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url);
    expect(response.status).toBe(201);
    expect(response.headers.get("x-answer")).toBe("1");
    expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"]);
    expect(await response.text()).toBe("made");
  });

  test("with every field, whatever its name and repetitions", async () => {
    await using upstream = await startRawUpstream((socket) =>
      socket.write(
        "HTTP/1.1 200 OK\r\n__proto__: a\r\nConstructor: b\r\nX-Dup: 1\r\nX-Dup: 2\r\nx-dup: 3\r\nX-Latin: caf\xe9\r\nContent-Length: 2\r\n\r\nok",
        "latin1",
      ),
    );
    await using gateway = await startGatewayTo(upstream.url);
    const { headers } = await fetch(gateway.url);
    expect(headers.get("__proto__")).toBe("a");
    expect(headers.get("constructor")).toBe("b");
    expect(headers.get("x-dup")).toBe("1, 2, 3");
    expect(headers.get("x-latin")).toBe("caf\xe9");
  });

  test("with its request's id instead of one set by the service", async () => {
    await using upstream = startUpstream(
      () => new Response("", { headers: { "X-Request-Id": "of-the-service" } }),
    );
    await using gateway = await startGatewayTo(upstream.url);
    const { headers } = await fetch(gateway.url, { headers: { "x-request-id": "of-the-caller" } });
    expect(headers.get("x-request-id")).toBe("of-the-caller");
  });

  test.each([204, 304])("without a body for %d", async (status) => {
    await using upstream = startUpstream(() => new Response(null, { status, headers: { etag: '"1"' } }));
    await using gateway = await startGatewayTo(upstream.url);
    const answer = await sendRaw(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(answer.status).toBe(status);
    expect(answer.headers["etag"]).toBe('"1"');
    expect(answer.headers["transfer-encoding"]).toBeUndefined();
    expect(answer.body).toBe("");
  });

  test("to HEAD with the length that GET would have, and no body", async () => {
    await using upstream = startUpstream(() => new Response("12345"));
    await using gateway = await startGatewayTo(upstream.url);
    const answer = await sendRaw(gateway.port, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect((await upstream.seen.next()).method).toBe("HEAD");
    expect(answer.status).toBe(200);
    expect(answer.headers["content-length"]).toBe("5");
    expect(answer.body).toBe("");
  });

  test("with a redirect, which the client follows", async () => {
    await using upstream = startUpstream(() => Response.redirect("https://elsewhere.test/", 302));
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "https://elsewhere.test/"]);
  });

  test("with a compressed body unchanged", async () => {
    await using upstream = startUpstream(
      () => new Response(Bun.gzipSync("plain"), { headers: { "content-encoding": "gzip" } }),
    );
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url, { headers: { "accept-encoding": "gzip" } });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(await response.text()).toBe("plain");
  });

  test("as an event stream without delay: each event arrives before the next is sent", async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using upstream = startUpstream(() => {
      async function* events() {
        yield "data: 1\n\n";
        for (const [index, gate] of gates.entries()) {
          await gate.promise;
          yield `data: ${index + 2}\n\n`;
        }
      }
      return new Response(events(), { headers: { "content-type": "text/event-stream" } });
    });
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url);
    const received: string[] = [];
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      received.push(decoder.decode(chunk));
      gates[received.length - 1]?.resolve();
    }
    expect(received).toEqual(["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]);
  });

  test("until the client disconnects, which ends the stream upstream", async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    });
    await using gateway = await startGatewayTo(upstream.url);
    const controller = new AbortController();
    const response = await fetch(gateway.url, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    await upstream.closed.next();
  });

  test("without a body that the service must not send; its connection is closed", async () => {
    await using upstream = await startRawUpstream((socket) => {
      socket.write("HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    });
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(gateway.url);
    expect([response.status, await response.text()]).toEqual([205, ""]);
    await upstream.closed.next();
  });

  test("or, if the client disconnects first, the upstream request is cancelled", async () => {
    await using upstream = await startRawUpstream(() => undefined);
    await using gateway = await startGatewayTo(upstream.url);
    const controller = new AbortController();
    const answer = fetch(gateway.url, { signal: controller.signal });
    await upstream.heads.next();
    controller.abort();
    await expect(answer).rejects.toThrow();
    await upstream.closed.next();
  });
});

describe("the path that the service gets", () => {
  test.each([
    ["stripped of its prefix", { stripPrefix: "/api" }, "/api/{id}", "/api/7?q=1", "/7?q=1"],
    ["/ where nothing is left", { stripPrefix: "/api" }, "/api/*", "/api", "/"],
    ["below another prefix", { addPrefix: "/v2" }, "/*", "/items/a%2Fb?q=1", "/v2/items/a%2Fb?q=1"],
    ["below another prefix, where it is /", { addPrefix: "/v2" }, "/*", "/", "/v2/"],
    [
      "one prefix in place of another",
      { stripPrefix: "/api", addPrefix: "/v2" },
      "/api/*",
      "/api/7",
      "/v2/7",
    ],
    [
      "the other prefix alone where nothing is left",
      { stripPrefix: "/api", addPrefix: "/v2" },
      "/api/*",
      "/api",
      "/v2",
    ],
    [
      "made anew from its parameters",
      { template: "/v2/items/{id}/x" },
      "/items/{id}",
      "/items/7",
      "/v2/items/7/x",
    ],
    [
      "one segment a parameter, whatever it holds",
      { template: "/v2/{id}" },
      "/items/{id}",
      "/items/a%2Fb%3Fc",
      "/v2/a%2Fb%3Fc",
    ],
  ])("is %s", async (_name, path, pattern, asked, expected) => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, { match: { path: pattern }, path });
    expect((await fetch(gateway.url + asked)).status).toBe(200);
    expect((await upstream.seen.next()).path).toBe(expected);
  });
});

describe("the host that the service sees", () => {
  test("is the client's by default", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    await fetch(gateway.url, { headers: { host: "shop.test" } });
    expect((await upstream.seen.next()).headers.get("host")).toBe("shop.test");
  });

  test("is the target's own with `host: target`, with the client's in X-Forwarded-Host", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, { host: "target" });
    await fetch(gateway.url, { headers: { host: "shop.test" } });
    const { headers } = await upstream.seen.next();
    expect([headers.get("host"), headers.get("x-forwarded-host")]).toEqual([upstream.id, "shop.test"]);
  });
});

describe("a request without a route", () => {
  test("is 404 in the envelope, with the request id of the response", async () => {
    await using gateway = await startGateway({});
    const response = await fetch(`${gateway.url}/nowhere`);
    expect(response.status).toBe(404);
    const { code, requestId } = await errorOf(response);
    expect(code).toBe("not_found");
    expect(requestId).toBe(response.headers.get("x-request-id") ?? "none");
  });

  test("is 405 with the allowed methods if only the method differs", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGateway({
      services: { api: serviceAt(upstream.url) },
      routes: [
        { id: "read", match: { path: "/a", methods: ["GET"] }, service: "api" },
        { id: "write", match: { path: "/a", methods: ["POST"] }, service: "api" },
      ],
    });
    const response = await fetch(`${gateway.url}/a`, { method: "DELETE" });
    expect(response.status).toBe(405);
    const allow = response.headers.get("allow") ?? "";
    expect(allow.split(", ").toSorted()).toEqual(expect.arrayContaining(["GET", "POST"]));
    expect((await errorOf(response)).code).toBe("method_not_allowed");
    expect(upstream.seen.all).toEqual([]);
  });

  test("is refused before routing if its path is ambiguous", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url);
    const response = await fetch(`${gateway.url}/a%00b`);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).code).toBe("invalid_path");
    expect(upstream.seen.all).toEqual([]);
  });
});

describe("a body above the route's limit is refused with 413", () => {
  const limit = { bodyBytesMax: 10 };

  test("by its declared length, before the service is called, and told the limit", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, limit);
    const response = await fetch(gateway.url, { method: "POST", body: "12345678901" });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      error: { code: "payload_too_large", details: { bodyBytesMax: 10 } },
    });
    expect(upstream.seen.all).toEqual([]);
  });

  test("by its bytes, if chunked", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, limit);
    const answer = await sendRaw(
      gateway.port,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n",
    );
    expect(answer.status).toBe(413);
    expect(answer.body).toContain('"payload_too_large"');
  });

  test.each([
    ["changes it", { type: "transform", request: { body: { set: { "/a": 1 } } } }],
    ["checks it", { type: "request-validation", body: { type: "object" } }],
  ])("also if a policy reads it because it %s", async (_what, policy) => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, { ...limit, policies: [policy] });
    const headers = { "content-type": "application/json" };
    const send = (body: string) => fetch(gateway.url, { method: "POST", headers, body });
    expect((await send('{ "b": 12345 }')).status).toBe(413);
    expect((await send('{"b":1234}')).status).toBe(200);
    expect(upstream.seen.all).toHaveLength(1);
  });

  test("and a body of exactly the limit passes", async () => {
    await using upstream = startUpstream();
    await using gateway = await startGatewayTo(upstream.url, limit);
    expect((await fetch(gateway.url, { method: "POST", body: "1234567890" })).status).toBe(200);
  });
});
