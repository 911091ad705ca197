import { describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { cached, cachePolicies, counted, startCache } from "../../../test/support/start-cache.ts";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startRawUpstream } from "../../../test/support/upstreams/start-raw-upstream.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

describe("a cacheable response", () => {
  test("is reused while fresh, with its Age, and fetched again afterwards", async () => {
    await using cache = await startCache(cached("max-age=60"));
    const first = await cache.ask();
    expect([first.text, first.status]).toEqual(["answer 1", "Cartway; fwd=miss; fwd-status=200; stored"]);
    await cache.advance(20);
    const second = await cache.ask();
    expect([second.text, second.answer.headers.get("age"), second.status]).toEqual([
      "answer 1",
      "20",
      "Cartway; hit; ttl=40",
    ]);
    await cache.advance(41);
    expect((await cache.ask()).text).toBe("answer 2");
    expect([await counted(cache.gateway, "hit"), await counted(cache.gateway, "miss")]).toEqual([1, 2]);
  });

  test("reaches the first client with the service's reason phrase", async () => {
    await using raw = await startRawUpstream((socket) =>
      socket.write("HTTP/1.1 200 Fresh\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok"),
    );
    await using gateway = await startGatewayTo(raw.url, { policies: cachePolicies() });
    const answer = await fetch(gateway.url);
    expect([answer.status, answer.statusText, await answer.text()]).toEqual([200, "Fresh", "ok"]);
  });

  test("is stored by path, query and host, and reused for HEAD", async () => {
    await using cache = await startCache(cached("max-age=60", { "x-kind": "fruit" }));
    expect((await cache.ask("/a")).text).toBe("answer 1");
    expect((await cache.ask("/a?b=1")).text).toBe("answer 2");
    expect((await cache.ask("/b")).text).toBe("answer 3");
    expect((await cache.ask("/a", { headers: { host: "other.test" } })).text).toBe("answer 4");
    const head = await cache.ask("/a", { method: "HEAD" });
    expect([
      head.status,
      head.answer.headers.get("content-length"),
      head.answer.headers.get("x-kind"),
    ]).toEqual(["Cartway; hit; ttl=60", "8", "fruit"]);
  });

  test("that is large or streamed is stored completely; above entryBytesMax it is passed on and not stored", async () => {
    const size = 300_000;
    await using cache = await startCache(
      (_request, { path }) =>
        new Response(
          new ReadableStream({
            start(controller) {
              for (let count = 0; count < (path === "/huge" ? 30 : 3); count += 1)
                controller.enqueue(new Uint8Array(size / 3).fill(count));
              controller.close();
            },
          }),
          { headers: { "cache-control": "max-age=60" } },
        ),
    );
    const first = await fetch(`${cache.gateway.url}/large`);
    const bytes = await first.bytes();
    expect(bytes.byteLength).toBe(size);
    await waitUntil(async () => (await cache.ask("/large")).status.includes("hit"));
    const again = await fetch(`${cache.gateway.url}/large`);
    expect(Buffer.compare(await again.bytes(), bytes)).toBe(0);
    for (let count = 0; count < 2; count += 1) {
      const huge = await fetch(`${cache.gateway.url}/huge`);
      expect((await huge.bytes()).byteLength).toBe(size * 10);
      expect(huge.headers.get("cache-status")).toStartWith("Cartway; fwd=");
    }
  });

  test("has its Content-Length for the first client, too", async () => {
    await using cache = await startCache(
      () => new Response("x".repeat(300_000), { headers: { "cache-control": "max-age=60" } }),
    );
    const lengths = [await cache.ask(), await cache.ask()].map(({ answer }) =>
      answer.headers.get("content-length"),
    );
    expect(lengths).toEqual(["300000", "300000"]);
  });

  test("is not stored if the service breaks off", async () => {
    let isBroken = true;
    await using cache = await startCache(
      () =>
        new Response(
          new ReadableStream({
            async pull(controller) {
              controller.enqueue(new TextEncoder().encode("part "));
              await Bun.sleep(1);
              if (isBroken) controller.error(new Error("broken"));
              else controller.close();
            },
          }),
          { headers: { "cache-control": "max-age=60" } },
        ),
    );
    await cache.ask().catch(() => undefined);
    isBroken = false;
    const next = await cache.ask();
    expect(next.text).toStartWith("part ");
    expect(next.status).not.toContain("hit");
  });
});

describe("variants are stored separately", () => {
  test("by the headers in Vary, ignoring the order of Accept-Encoding", async () => {
    let count = 0;
    await using cache = await startCache((request) => {
      count += 1;
      return new Response(`${request.headers.get("accept-language")} ${count}`, {
        headers: { "cache-control": "max-age=60", vary: "Accept-Language" },
      });
    });
    const inLanguage = (language: string) => cache.ask("/", { headers: { "accept-language": language } });
    expect((await inLanguage("de, en")).text).toBe("de, en 1");
    expect((await inLanguage("fr")).text).toBe("fr 2");
    expect((await inLanguage("en,de")).text).toBe("de, en 1");
  });

  test.each(["%70age=2", "PAGE=2", "page[]=2", "page%5B0%5D=2", "utm=1;page=2", "%20page=2"])(
    "by a configured query parameter as any service may read it: ?%s",
    async (query) => {
      await using cache = await startCache(cached("max-age=60"), { query: ["page"] });
      await cache.ask("/?utm=0");
      expect((await cache.ask(`/?${query}`)).text).toBe("answer 2");
      expect((await cache.ask("/?utm=2")).text).toBe("answer 1");
    },
  );

  test("or not stored if they vary by a field that a transform sets to a value of the caller", async () => {
    await using cache = await startCache(
      (request) =>
        new Response(request.headers.get("x-caller"), {
          headers: { "cache-control": "max-age=60", vary: "X-Caller" },
        }),
      {},
      {
        policies: [
          ...cachePolicies(),
          { type: "transform", request: { set: { "x-caller": "{request.id}" } } },
        ],
      },
    );
    const [one, other] = [await cache.ask(), await cache.ask()];
    expect(other.text).not.toBe(one.text);
    expect(other.status).toBe("Cartway; fwd=miss; fwd-status=200; detail=vary-transformed");
  });

  test("by tenant, always", async () => {
    const tenant = { type: "tenant", known: ["a", "b"], header: "x-shop", anonymous: true };
    await using upstream = startUpstream(cached("public, max-age=60"));
    await using gateway = await startGatewayTo(upstream.url, { policies: [tenant, ...cachePolicies()] });
    const as = async (shop: string) => (await fetch(gateway.url, { headers: { "x-shop": shop } })).text();
    expect([await as("a"), await as("b"), await as("a")]).toEqual(["answer 1", "answer 2", "answer 1"]);
  });

  test("by configured headers and query parameters only", async () => {
    await using cache = await startCache(cached("max-age=60"), { query: ["page"], headers: ["x-country"] });
    const ask = async (query: string, country: string) =>
      (await cache.ask(`/?${query}`, { headers: { "x-country": country } })).text;
    expect(await ask("page=1&utm=a", "de")).toBe("answer 1");
    expect(await ask("utm=b&page=1", "de")).toBe("answer 1");
    expect(await ask("page=2", "de")).toBe("answer 2");
    expect(await ask("page=1", "fr")).toBe("answer 3");
    // services take the first or the last of a name
    expect(await ask("page=1&page=2", "fr")).toBe("answer 4");
    expect(await ask("page=2&page=1", "fr")).toBe("answer 5");
  });
});

describe("private responses are not stored", () => {
  const unshared: [
    name: string,
    control: string,
    headers: Record<string, string>,
    asked: Record<string, string>,
  ][] = [
    ["what is private", "private", {}, {}],
    ["what is not to be stored", "no-store", {}, {}],
    ["what sets a cookie", "max-age=60", { "set-cookie": "a=1" }, {}],
    ["what differs by everything", "max-age=60", { vary: "*" }, {}],
    ["what was asked with credentials", "max-age=60", {}, { authorization: "Bearer x" }],
  ];
  test.each(unshared)("%s", async (_name, control, headers, asked) => {
    await using cache = await startCache(cached(control, headers));
    expect((await cache.ask("/", { headers: asked })).text).toBe("answer 1");
    expect((await cache.ask("/", { headers: asked })).text).toBe("answer 2");
  });

  test("unless a response to a request with credentials is declared public", async () => {
    await using cache = await startCache(cached("public, max-age=60"));
    const init = { headers: { authorization: "Bearer x" } };
    expect([(await cache.ask("/", init)).text, (await cache.ask("/", init)).text]).toEqual([
      "answer 1",
      "answer 1",
    ]);
  });

  test("and responses that set cookies only if configured", async () => {
    await using cache = await startCache(cached("max-age=60", { "set-cookie": "a=1" }), {
      storesSetCookie: true,
    });
    await cache.ask();
    expect((await cache.ask()).answer.headers.get("set-cookie")).toBe("a=1");
  });
});
