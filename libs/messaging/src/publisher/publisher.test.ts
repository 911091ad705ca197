import { describe, expect, test } from "bun:test";
import { createEventLog } from "@libs/testing";
import type { Publication } from "../broker/broker.ts";
import { createMemoryBroker } from "../broker/memory-broker.ts";
import { createBrokerPublisher } from "./broker-publisher.ts";
import { disconnect } from "./disconnect.ts";
import { createHttpPublisher } from "./http-publisher.ts";

describe("publishing through a broker", () => {
  test("fills in id and timestamp and returns the position", async () => {
    const broker = createMemoryBroker();
    const log = createEventLog<Publication>();
    await broker.subscribe("room:cart:a", { publication: log.push });
    const receipt = await createBrokerPublisher(broker).publish("room:cart:a", {
      type: "offer",
      payload: { percent: 5 },
    });
    const frame: unknown = JSON.parse((await log.next()).text);
    expect(frame).toEqual({
      type: "offer",
      payload: { percent: 5 },
      id: receipt.id,
      timestamp: expect.any(Number),
    });
    expect(receipt.position?.offset).toBe(1);
  });

  test("the same frame again reaches nobody twice", async () => {
    const broker = createMemoryBroker();
    const publisher = createBrokerPublisher(broker);
    const frame = { type: "offer", id: "o-1" };
    const receipts = [await publisher.publish("room:a", frame), await publisher.publish("room:a", frame)];
    expect(receipts.map((receipt) => receipt.position?.offset)).toEqual([1, 1]);
  });

  test("a frame is deduplicated by the sender's id, never by a generated one", async () => {
    const keys: (string | undefined)[] = [];
    const broker = createMemoryBroker();
    const publisher = createBrokerPublisher({
      publish(channel, text, options) {
        keys.push(options?.idempotencyKey);
        return broker.publish(channel, text, options);
      },
    });
    await publisher.publish("device:d", { type: "look" });
    await publisher.publish("device:d", { type: "look", id: "l-1" }, { history: null });
    await publisher.publish("device:d", { type: "look" }, { history: null });
    expect(keys).toEqual([undefined, "l-1", undefined]);
  });

  test.each([
    ["hub:control", { type: "x" }, "bad_request"],
    ["room:a", { type: "" }, "bad_request"],
    ["room:a", { type: "x", id: "a b" }, "bad_request"],
    ["room:a", { type: "x", payload: "€".repeat(100_000) }, "payload_too_large"],
  ])("invalid channels and frames are refused (%#)", (channel, frame, code) => {
    const publisher = createBrokerPublisher(createMemoryBroker());
    expect(publisher.publish(channel, frame)).rejects.toMatchObject({ code });
  });
});

test("a disconnect rejects where other instances could not be reached", async () => {
  const broker = createMemoryBroker();
  await disconnect(broker, "device:d-1");
  const publish = async () => ({ position: null, reach: "local" }) as const;
  expect(disconnect({ publish }, "device:d-1")).rejects.toMatchObject({ code: "store_unavailable" });
});

describe("publishing over HTTP", () => {
  async function withGateway(
    answer: (request: Request) => Response | Promise<Response>,
    work: (url: string) => Promise<void>,
  ): Promise<void> {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
    await work(server.url.href);
    await server.stop(true);
  }
  const credentials = () => ({ authorization: "Bearer t" });

  test("sends channel, frame and credentials, and reads the position", async () => {
    let seen: unknown;
    const answer = async (request: Request): Promise<Response> => {
      seen = [request.headers.get("authorization"), new URL(request.url).pathname, await request.json()];
      return Response.json({ position: { epoch: "e", offset: 4 } });
    };
    await withGateway(answer, async (url) => {
      const publisher = createHttpPublisher({ url, credentials });
      const receipt = await publisher.publish("user:u-1", { type: "x", id: "i" }, { history: null });
      expect(receipt).toEqual({ id: "i", position: { epoch: "e", offset: 4 } });
    });
    const body = { channel: "user:u-1", frame: { type: "x", id: "i" }, history: null };
    expect(seen).toEqual(["Bearer t", "/hub/publish", body]);
  });

  test.each([
    [Response.json({ error: { code: "forbidden", message: "not yours" } }, { status: 403 }), "forbidden"],
    [Response.json({ error: { code: "rate_limited" } }, { status: 429 }), "rate_limited"],
    [new Response("oops", { status: 500 }), "upstream_unreachable"],
    [new Response("what", { status: 404 }), "bad_request"],
  ])("a refusal rejects with the gateway's error (%#)", async (response, code) => {
    await withGateway(
      () => response,
      async (url) => {
        const sent = createHttpPublisher({ url, credentials }).publish("room:a", { type: "x" });
        expect(sent).rejects.toMatchObject({ code });
        await sent.catch(() => undefined);
      },
    );
  });

  test("an unreachable or silent gateway rejects with a retryable error", async () => {
    const nobody = createHttpPublisher({ url: "http://127.0.0.1:1", credentials });
    expect(nobody.publish("room:a", { type: "x" })).rejects.toMatchObject({
      code: "upstream_unreachable",
      retryable: true,
    });
    await withGateway(
      () => new Promise<Response>(() => {}),
      async (url) => {
        const sent = createHttpPublisher({ url, credentials, timeoutMs: 20 }).publish("room:a", {
          type: "x",
        });
        expect(sent).rejects.toMatchObject({ code: "upstream_timeout", retryable: true });
        await sent.catch(() => undefined);
      },
    );
  });

  test("an answer without a position resolves without one", async () => {
    for (const body of [{}, { position: null }, { position: { epoch: 1, offset: "x" } }, { position: {} }]) {
      await withGateway(
        () => Response.json(body),
        async (url) => {
          const publisher = createHttpPublisher({ url, credentials });
          expect((await publisher.publish("room:a", { type: "x" })).position).toBeNull();
        },
      );
    }
  });
});
