import { afterAll, expect, test } from "bun:test";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

const service = startEventService();
const fixture = startHub({
  services: { ingestion: service.url },
  hub: {
    endpoints: [
      {
        path: "/ws",
        authenticate: { anonymous: true },
        messages: { cart_event: { service: "ingestion", path: "/events", batch: { max: 8, waitMs: 1000 } } },
      },
    ],
  },
});
afterAll(async () => {
  await fixture.stop();
  await service.stop();
});

/** The answers to eight clients' frames in one batch: `ack` or the error code. */
async function sendEight(round: string): Promise<readonly string[]> {
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect(`${fixture.url}/ws`)));
  const answers = await Promise.all(
    clients.map((client, index) =>
      client.ask({ type: "cart_event", id: `${round}-${index}`, payload: { number: index } }),
    ),
  );
  for (const client of clients) await client.close();
  return answers.map(({ type, error }) => error?.code ?? type);
}

test("if a service refuses a whole batch for one frame, only that frame is refused", async () => {
  service.respond((elements) =>
    elements.some(({ number }) => number === 5)
      ? Response.json({ error: { code: "validation_failed", message: "no" } }, { status: 422 })
      : Response.json({ accepted: elements.length, duplicates: 0, rejected: [] }),
  );
  const answers = await sendEight("poisoned");
  expect(answers).toEqual(["ack", "ack", "ack", "ack", "ack", "validation_failed", "ack", "ack"]);
});

test("a batch that is too large for its service is split", async () => {
  service.respond((elements) =>
    elements.length > 3
      ? new Response("", { status: 413 })
      : Response.json({ accepted: elements.length, duplicates: 0, rejected: [] }),
  );
  expect(new Set(await sendEight("large"))).toEqual(new Set(["ack"]));
});

test("an unreachable service is called once per batch", async () => {
  const before = service.calls.all.length;
  service.respond(() => new Response("", { status: 503 }));
  expect(new Set(await sendEight("away"))).toEqual(new Set(["no_target"]));
  expect(service.calls.all.length - before).toBe(1);
});
