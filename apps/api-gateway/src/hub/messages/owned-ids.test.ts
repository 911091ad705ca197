import { afterEach, expect, test } from "bun:test";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect, type HubClient } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";

const [carts, offers] = [startEventService(), startEventService()];
const authenticate = { with: ["platform"], anonymous: true };
const frame = { type: "note", id: "n-1", payload: { text: "hello" } };
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

function start(endpoints: readonly object[]): (path: string, token?: string) => Promise<HubClient> {
  const { url } = (fixture = startHub({
    hub: { endpoints },
    services: { carts: carts.url, offers: offers.url },
  }));
  return (path, token) =>
    connect(`${url}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
}

test("a stranger with a user's id as session id cannot have the user's message acknowledged unsent", async () => {
  const note = { service: "carts", path: "/notes", fill: [] };
  const open = start([{ path: "/ws", authenticate, messages: { note } }]);
  const [stranger, ana] = [await open("/ws"), await open("/ws", "user-ana")];
  expect((await stranger.ask({ ...frame, sessionId: "ana" })).type).toBe("ack");
  expect((await ana.ask(frame)).type).toBe("ack");
  expect(carts.calls.all.map(({ headers }) => headers.get("x-user-id"))).toEqual([null, "ana"]);
});

test("a message that one service has is not acknowledged for another that has the same type on another endpoint", async () => {
  const toService = (path: string, service: string) => ({
    path,
    authenticate,
    messages: { note: { service, path: "/notes" } },
  });
  const open = start([toService("/ws", "carts"), toService("/ws/offers", "offers")]);
  for (const path of ["/ws", "/ws/offers", "/ws/offers"]) {
    const client = await open(path, "user-ana");
    expect((await client.ask(frame)).type).toBe("ack");
  }
  expect(offers.calls.all.length).toBe(1);
});
