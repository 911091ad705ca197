import { afterEach, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { type EventService, startEventService } from "../../../test/hub/event-service.ts";
import { connect } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";

let service: EventService;
let fixture: HubFixture;
afterEach(async () => {
  await fixture.stop();
  await service.stop();
});

/** A hub whose service answers on request of the test. */
function start(limits: object): { readonly answer: () => void } {
  service = startEventService();
  const { promise, resolve } = Promise.withResolvers<void>();
  service.respond(async () => {
    await promise;
    return Response.json({});
  });
  const messages = { cart_event: { service: "ingestion", path: "/events", bytesMax: 1_048_576 } };
  const endpoints = [{ path: "/ws", authenticate: { anonymous: true }, messages }];
  fixture = startHub({ hub: { endpoints, limits }, services: { ingestion: service.url } });
  return { answer: resolve };
}

const event = (id: string, chars: number) => ({
  type: "cart_event",
  id,
  payload: { id, text: "x".repeat(chars) },
});

test("reading pauses while a client's unanswered frames exceed the byte limit, and no frame is lost", async () => {
  const { answer } = start({ pendingBytesMax: 65_536 });
  const client = await connect(`${fixture.url}/ws`);
  const ids = Array.from({ length: 8 }, (_, index) => `e-${index}`);
  for (const id of ids) client.send(event(id, 40_000));
  await service.calls.atLeast(2);
  const [connection] = fixture.hub.context.connections.all();
  expect(connection?.isPaused).toBe(true);
  expect(connection?.pending).toBeLessThan(ids.length);
  answer();
  for (const id of ids) expect((await client.answer(id)).type).toBe("ack");
  await waitUntil(() => connection?.pendingBytes === 0);
  expect(connection?.isPaused).toBe(false);
});

test("frames beyond the hub's total byte limit are refused as overloaded until there is room", async () => {
  const { answer } = start({ inFlightBytesMax: 1_048_576, frameBytesMax: 1_048_576 });
  const { state } = fixture.hub.context;
  const [greedy, other] = [await connect(`${fixture.url}/ws`), await connect(`${fixture.url}/ws`)];
  greedy.send(event("large", 900_000));
  await service.calls.atLeast(1);
  expect((await other.ask(event("o", 200_000))).error).toMatchObject({ code: "overloaded", retryable: true });
  answer();
  await greedy.answer("large");
  await waitUntil(() => state.inFlightBytes === 0);
  other.send(event("again", 200_000));
  expect((await other.answer("again")).type).toBe("ack");
});
