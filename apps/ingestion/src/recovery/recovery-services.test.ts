import { expect, test } from "bun:test";
import { createRecoveryServices } from "./recovery-services.ts";
import type { ClaimedRecovery } from "./recovery-store.ts";

const message = { subject: "Your cart", body: "It waits.", offer: null, provider: "template" };
const recovery: ClaimedRecovery = {
  id: 1,
  cartId: "c-1",
  sessionId: "s-1",
  shopperId: null,
  currency: "EUR",
  items: [
    { sku: "A-1", quantity: 1, priceMinor: 5, name: "Mug" },
    { sku: "A-2", quantity: 1, priceMinor: 5, name: "" },
    { sku: "A-3", quantity: 1, priceMinor: 5 },
  ],
  valueMinor: 15,
  attempts: 1,
  idleSince: new Date(0),
  lastSequence: 1,
};

test("an item without a name is referred to by its SKU", async () => {
  const bodies: unknown[] = [];
  await using aiEngine = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      bodies.push(await request.json());
      return new Response(`event: done\ndata: ${JSON.stringify(message)}\n\n`);
    },
  });
  const url = aiEngine.url.href.replace(/\/$/, "");
  const services = createRecoveryServices({ predictionUrl: url, aiEngineUrl: url, percentOffMax: 10 });
  const call = { signal: AbortSignal.timeout(5000), parent: null };
  expect(await services.compose(recovery, () => Promise.resolve(), call)).toMatchObject(message);
  expect(bodies).toMatchObject([{ cart: { items: [{ name: "Mug" }, { name: "A-2" }, { name: "A-3" }] } }]);
});
