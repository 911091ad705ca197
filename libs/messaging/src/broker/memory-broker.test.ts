import { expect, test } from "bun:test";
import { createManualClock } from "@libs/testing";
import { describeBroker } from "./broker.contract.ts";
import { createMemoryBroker, idempotencyMs } from "./memory-broker.ts";

describeBroker("the broker in process", async () => {
  const broker = createMemoryBroker({ onError: () => {} });
  return { first: broker, second: broker, close: () => broker.close() };
});

test("the number of channels is bounded, and a forgotten channel starts a new epoch", async () => {
  const broker = createMemoryBroker({ channelsMax: 2 });
  const before = await broker.publish("room:a", "x");
  await broker.publish("room:b", "x");
  await broker.publish("room:c", "x");
  const after = await broker.publish("room:a", "x");
  expect(after.position?.offset).toBe(1);
  expect(after.position?.epoch).not.toBe(before.position?.epoch ?? "");
});

test("an idempotency key expires", async () => {
  const clock = createManualClock();
  const broker = createMemoryBroker({ now: clock.now });
  const publish = () => broker.publish("room:a", "x", { idempotencyKey: "k" });
  await publish();
  await clock.advance(idempotencyMs + 1);
  expect((await publish()).position?.offset).toBe(2);
});

test("the broker's default applies if a publication does not specify history", async () => {
  const broker = createMemoryBroker({ history: null });
  expect((await broker.publish("room:a", "x")).position).toBeNull();
  expect(broker.state).toBe("up");
  broker.onState(() => {})();
});
