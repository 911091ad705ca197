import { describe, expect, test } from "bun:test";
import type { IncomingRequest } from "./incoming-request.ts";
import { incomingOf, toRequest } from "./to-request.ts";

/** A request that is no `Request`, as a listener on raw sockets has them. */
function incoming(body: ReadableStream<Uint8Array> | null, signal: AbortSignal): IncomingRequest {
  const { method, url, headers } = new Request("http://shop.test/carts?page=2", {
    method: body === null ? "GET" : "POST",
    headers: { host: "shop.test", cookie: "a=1; b=2", "x-shop": "1, 2" },
  });
  const read = (): Response => new Response(body);
  return {
    method,
    url,
    headers,
    body,
    signal,
    bytes: () => read().bytes(),
    text: () => read().text(),
  };
}

const nobody = new AbortController().signal;

describe("a request as a Request", () => {
  test("has method, URL, fields and body of the original", async () => {
    const request = toRequest(incoming(new Response("cart").body, nobody));
    expect([request.method, request.url]).toEqual(["POST", "http://shop.test/carts?page=2"]);
    expect(Object.fromEntries(request.headers)).toEqual({
      host: "shop.test",
      cookie: "a=1; b=2",
      "x-shop": "1, 2",
    });
    expect(await request.text()).toBe("cart");
  });

  test("is created once, and leads back to the original", () => {
    const asked = incoming(null, nobody);
    const request = toRequest(asked);
    expect(toRequest(asked)).toBe(request);
    expect(incomingOf(request)).toBe(asked);
  });

  test("is returned unchanged if it is one already", () => {
    const request = new Request("http://shop.test/");
    expect(toRequest(request)).toBe(request);
    expect(incomingOf(request)).toBe(request);
  });

  test("is aborted when its client disconnects", () => {
    const client = new AbortController();
    const request = toRequest(incoming(null, client.signal));
    client.abort();
    expect(request.signal.aborted).toBe(true);
  });
});
