import { afterAll, describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import { type CartwayState, createCartway } from "../src/index.ts";

/** A hub behind a proxy that knows no upgrades: one stream, and posts that the test looks at. */
function startStreams() {
  const posts = createEventLog<string>();
  let refusal: (() => Response) | null = null;
  let tell: (frame: object) => void = () => {};
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/ws") return new Response("no upgrades here", { status: 400 });
      if (refusal !== null) return refusal();
      if (pathname === "/ws/send") {
        posts.push(await request.text());
        return new Response(null, { status: 202 });
      }
      const encoder = new TextEncoder();
      return new Response(
        new ReadableStream({
          start(controller) {
            tell = (frame) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(frame)}\n\n`));
            const payload = { connectionId: "c", secret: "s", heartbeatMs: 25_000, frameBytesMax: 65_536 };
            tell({ type: "welcome", payload });
          },
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    },
  });
  return {
    url: `ws://127.0.0.1:${server.port}/ws`,
    posts,
    tell: (frame: object) => tell(frame),
    refuse: (response: () => Response) => void (refusal = response),
    stop: () => server.stop(true),
  };
}

describe("over the event stream", () => {
  const streams = startStreams();
  afterAll(() => streams.stop());

  test("queued frames are posted in accepted sizes and in order", async () => {
    const client = createCartway({ url: streams.url, backoffMaxMs: 10 });
    const ids = Array.from({ length: 50 }, (_, index) => `e-${index}`);
    for (const [index, id] of ids.entries())
      void client.send("cart_event", { id, cartId: `c-${index}`, text: "é".repeat(29_000) });
    const seen: string[] = [];
    while (seen.length < ids.length) {
      const post = await streams.posts.next();
      expect(Buffer.byteLength(post)).toBeLessThan(1_048_576);
      for (const line of post.split("\n")) {
        const frame: { id: string } = JSON.parse(line);
        seen.push(frame.id);
        streams.tell({ type: "ack", id: frame.id });
      }
    }
    expect(seen).toEqual(ids);
    client.close();
  });

  test("Retry-After of a refusal is respected", async () => {
    streams.refuse(() =>
      Response.json({ error: { message: "full" } }, { status: 503, headers: { "retry-after": "7" } }),
    );
    const states = createEventLog<CartwayState>();
    const client = createCartway({ url: streams.url, backoffMaxMs: 10, onState: states.push });
    const startedAt = Date.now();
    const { connection } = await states.find(
      (state) => state.connection.status === "waiting" && state.connection.reason === "503 full",
    );
    if (connection.status !== "waiting") throw new Error("narrowing");
    expect(connection.until - startedAt).toBeGreaterThanOrEqual(7000);
    client.close();
  });
});
