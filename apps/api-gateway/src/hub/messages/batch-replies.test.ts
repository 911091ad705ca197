import { afterAll, afterEach, expect, test } from "bun:test";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

const service = startEventService();
const claim = { service: "fleet", path: "/claims", reply: "claimed", fill: [], callerField: "caller" };
const hub = {
  endpoints: [
    {
      path: "/ws",
      authenticate: { with: ["platform"], anonymous: true },
      messages: { claim: { ...claim, batch: { max: 3, waitMs: 1000 } } },
    },
  ],
};
const fixture = startHub({ hub, services: { fleet: service.url } });
afterAll(async () => {
  await fixture.stop();
  await service.stop();
});
afterEach(() => service.respond(null));

/** Sends frames of three clients as one batch; returns what each received, without times. */
async function askTogether(): Promise<readonly (readonly object[])[]> {
  const clients = await Promise.all([0, 1, 2].map(() => connect(`${fixture.url}/ws`)));
  await Promise.all(clients.map((client, who) => client.ask({ type: "claim", id: "c-1", payload: { who } })));
  const told = clients.map((client) => client.frames.all.filter(({ id }) => id === "c-1"));
  await Promise.all(clients.map((client) => client.close()));
  return told;
}

test("frames batched in one call each get their reply, then their ack; a rejected one gets only its error", async () => {
  service.respond((elements) => {
    const bad = elements.findIndex(({ who }) => who === 1);
    const replies = elements.map(({ who }) => (who === 1 ? null : { given: who }));
    const rejected = [{ index: bad, code: "forbidden", message: "not you", retryable: false }];
    return Response.json({ accepted: 2, duplicates: 0, rejected, replies });
  });
  const replied = (given: number) => [
    { type: "claimed", id: "c-1", payload: { given } },
    { type: "ack", id: "c-1" },
  ];
  const error = { code: "forbidden", message: "not you", retryable: false };
  expect(await askTogether()).toEqual([replied(0), [{ type: "error", id: "c-1", error }], replied(2)]);
});

test("an answer that lacks replies is used for none of the frames: all get a retryable error", async () => {
  service.respond(({ length }) =>
    Response.json({ accepted: length, duplicates: 0, rejected: [], replies: [{}] }),
  );
  for (const told of await askTogether())
    expect(told).toMatchObject([{ type: "error", error: { code: "upstream_invalid", retryable: true } }]);
});
