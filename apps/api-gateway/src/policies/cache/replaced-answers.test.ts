import { expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { cached, startCache } from "../../../test/support/start-cache.ts";

test("a newer answer takes the place of the stored one, even if it is too large to be stored", async () => {
  let size = 10;
  await using cache = await startCache(
    () => new Response("x".repeat(size), { headers: { "cache-control": "max-age=60" } }),
    { entryBytesMax: 1024 },
  );
  await cache.ask();
  size = 5000;
  expect((await cache.ask("/", { headers: { "cache-control": "no-cache" } })).text).toHaveLength(5000);
  await waitUntil(async () => (await cache.ask()).text.length === 5000);
});

test("a HEAD that shows another representation than the stored one outdates it", async () => {
  let version = 1;
  await using cache = await startCache(
    ({ method }) =>
      new Response(method === "HEAD" ? null : `answer ${version}`, {
        headers: { "cache-control": "max-age=60", etag: `"v${version}"` },
      }),
  );
  await cache.ask();
  const head = async () => await cache.ask("/", { method: "HEAD", headers: { "cache-control": "no-cache" } });
  await head();
  expect((await cache.ask()).text).toBe("answer 1");
  version = 2;
  await head();
  expect((await cache.ask()).text).toBe("answer 2");
});

test("a 304 after which the answer must not be stored still gives its fields to the client", async () => {
  await using cache = await startCache((request) => {
    const headers = { "cache-control": "max-age=10", etag: '"v1"' };
    return request.headers.has("if-none-match")
      ? new Response(null, { status: 304, headers: { ...headers, "set-cookie": "a=1", "x-turn": "second" } })
      : new Response("body", { headers });
  });
  await cache.ask();
  await cache.advance(20);
  const again = await cache.ask();
  expect([again.text, again.answer.headers.get("set-cookie"), again.answer.headers.get("x-turn")]).toEqual([
    "body",
    "a=1",
    "second",
  ]);
});

test("an answer to one caller's credentials leaves in place what all others share", async () => {
  await using cache = await startCache(cached("max-age=60"));
  await cache.ask();
  await cache.ask("/", { headers: { authorization: "Bearer x", "cache-control": "no-cache" } });
  expect((await cache.ask()).text).toBe("answer 1");
});

test("a 304 to one caller's credentials leaves in place what all others share", async () => {
  await using cache = await startCache((request) => {
    const headers = { "cache-control": "max-age=10", etag: '"v1"' };
    return request.headers.has("if-none-match")
      ? new Response(null, { status: 304, headers })
      : new Response("body", { headers });
  });
  await cache.ask();
  await cache.advance(20);
  expect((await cache.ask("/", { headers: { authorization: "Bearer x" } })).text).toBe("body");
  expect((await cache.ask()).status).toBe("Cartway; fwd=stale; fwd-status=304; stored");
});

test("a 304 of another representation does not give its ETag to the stored body, which is asked for anew", async () => {
  let version = 1;
  await using cache = await startCache((request) => {
    const headers = { "cache-control": "max-age=10", etag: `"v${version}"` };
    return request.headers.has("if-none-match")
      ? new Response(null, { status: 304, headers })
      : new Response(`body ${version}`, { headers });
  });
  const tagged = async () => {
    const { answer, text } = await cache.ask();
    return [answer.headers.get("etag"), text];
  };
  expect(await tagged()).toEqual(['"v1"', "body 1"]);
  version = 2;
  await cache.advance(20);
  expect(await tagged()).toEqual(['"v1"', "body 1"]);
  expect(await tagged()).toEqual(['"v2"', "body 2"]);
});
