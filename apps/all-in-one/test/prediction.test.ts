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

describe("a prediction knows every event that was acknowledged before it was asked for", () => {
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
