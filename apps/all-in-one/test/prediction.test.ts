import { readTrainingSessions } from "@apps/prediction";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import { openSocket, type SocketClient } from "./support/socket-client.ts";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

let running: TestPlatform;
let socket: SocketClient;

beforeAll(async () => {
  running = await startTestPlatform({ recovery: null });
  socket = await openSocket(`${running.url.replace("http", "ws")}/ws`);
}, openingLimitMs);

afterAll(async () => {
  socket.close();
  await running.stop();
});

describe("a prediction considers every event acknowledged before it was requested", () => {
  const items = [{ sku: "A", name: "Mug", quantity: 1, priceMinor: 1999 }];

  test.each(["sessionId", "cartId"] as const)("by %s", async (key) => {
    for (let visit = 0; visit < 5; visit += 1) {
      const [sessionId, cartId] = [`${key}-session-${visit}`, `${key}-cart-${visit}`];
      const ask = (type: string, id: string, payload: object) =>
        socket.ask({ type, id: `${sessionId}-${id}`, sessionId, payload });
      const cart = { cartId, currency: "EUR", items };
      expect(await ask("cart_event", "add", { type: "add_to_cart", ...cart })).toMatchObject({ type: "ack" });
      const before = await ask("prediction_request", "before", key === "cartId" ? { cartId } : { sessionId });
      expect(before).toMatchObject({ type: "prediction", payload: { probability: expect.any(Number) } });
      expect(await ask("cart_event", "buy", { type: "purchase", ...cart })).toMatchObject({ type: "ack" });
      const after = await ask("prediction_request", "after", key === "cartId" ? { cartId } : { sessionId });
      expect(after).toMatchObject({ type: "prediction", payload: { probability: 0 } });
    }
  });
});

test("a model is trained only on what was known of a visit before its purchase", async () => {
  const cart = { cartId: "c-learn", currency: "EUR", items: [{ sku: "A", quantity: 1, priceMinor: 100 }] };
  const page = (kind: string, seconds: number) => ({ page: { kind, durationMs: seconds * 1000 } });
  for (const [region, ends] of [
    [77, ["purchase"]],
    [78, []],
  ] as const) {
    const sessionId = `learn-${region}`;
    const events: readonly object[] = [
      { type: "view_product", ...page("product", 10), context: { region } },
      { type: "add_to_cart", ...cart },
      ...ends.map((type) => ({ type, ...cart, ...page("administrative", 5) })),
      { type: "view_page", ...page("administrative", 60) },
    ];
    for (const [index, payload] of events.entries())
      await socket.ask({ type: "cart_event", id: `${sessionId}-${index}`, sessionId, payload });
    await socket.ask({
      type: "prediction_request",
      id: `${sessionId}-all`,
      sessionId,
      payload: { sessionId },
    });
  }
  const window = { nowMs: Date.now() + 1000, quietMs: 0, sessionsMax: 1000 };
  const sessions = await readTrainingSessions(running.stores.clickhouse, window);
  const learnt = (region: number) =>
    sessions
      .filter(({ facts }) => facts.region === region)
      .map(({ facts: { product, administrative }, purchased }) => ({ purchased, product, administrative }));
  const product = { pages: 1, seconds: 10 };
  expect(learnt(77)).toEqual([{ purchased: true, product, administrative: { pages: 0, seconds: 0 } }]);
  expect(learnt(78)).toEqual([{ purchased: false, product, administrative: { pages: 1, seconds: 60 } }]);
});
