import { expect, test } from "bun:test";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

test("reading resumes whichever of the pending frames is answered last", async () => {
  const service = startEventService();
  const doorman = startEventService();
  const allowed = Promise.withResolvers<void>();
  doorman.respond(async () => {
    await allowed.promise;
    return Response.json({});
  });
  const taken = Promise.withResolvers<Response>();
  service.respond(() => taken.promise);
  const fixture = startHub({
    services: { ingestion: service.url, doorman: doorman.url },
    hub: {
      endpoints: [
        {
          path: "/ws",
          authenticate: { anonymous: true },
          messages: { cart_event: { service: "ingestion", path: "/events" } },
          rooms: { pattern: "support:{any}", ask: { service: "doorman", path: "/may-join" } },
        },
      ],
      limits: { pendingMax: 3 },
    },
  });
  const client = await connect(`${fixture.url}/ws`);
  for (const id of ["a", "b"]) client.send({ type: "join_room", id, payload: { room: `support:${id}` } });
  await doorman.calls.atLeast(2);
  client.send({ type: "cart_event", id: "event", payload: {} });
  await service.calls.atLeast(1);
  const [connection] = fixture.hub.context.connections.all();
  expect(connection?.isPaused).toBe(true);
  taken.resolve(Response.json({}));
  await client.answer("event");
  expect(connection?.isPaused).toBe(true);
  allowed.resolve();
  for (const id of ["a", "b"]) await client.answer(id);
  expect((await client.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  await fixture.stop();
  await Promise.all([service.stop(), doorman.stop()]);
});
