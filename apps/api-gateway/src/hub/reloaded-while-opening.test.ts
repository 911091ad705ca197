import { afterEach, expect, test } from "bun:test";
import { createMemoryBroker } from "@libs/messaging";
import { connect } from "../../test/hub/hub-client.ts";
import { type HubFixture, principalOf, startHub } from "../../test/hub/start-hub.ts";
import type { Authentication } from "../model/identity/authentication.ts";

const endpoint = { path: "/ws", authenticate: { with: ["platform"], anonymous: true } };
const headers = { authorization: "Bearer user-ana" };
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

test.each([
  ["removes the identity", { ...endpoint, authenticate: { with: ["staff"], anonymous: true } }],
  ["removes the endpoint", { ...endpoint, path: "/elsewhere" }],
])("a reload that %s refuses callers who are being authenticated", async (_what, next) => {
  const asked = Promise.withResolvers<void>();
  const identity = Promise.withResolvers<Authentication>();
  let callers = 0;
  fixture = startHub({
    hub: { endpoints: [endpoint] },
    authenticate: () => {
      callers += 1;
      if (callers === 2) asked.resolve();
      return identity.promise;
    },
  });
  const { http } = fixture;
  const handshake = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  const opening = [
    fetch(`${http}/ws`, { headers: { ...headers, ...handshake } }),
    fetch(`${http}/ws/poll`, { method: "POST", headers }),
  ];
  await asked.promise;
  fixture.reload({ endpoints: [next] });
  identity.resolve({ outcome: "authenticated", principal: principalOf("ana") });
  expect((await Promise.all(opening)).map(({ status }) => status)).toEqual([401, 401]);
});

test("a reload that gives or takes the personal channel of a connection closes it, also while the channel is being opened", async () => {
  const inner = createMemoryBroker();
  const opening = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const subscribe: typeof inner.subscribe = async (channel, listener) => {
    if (channel === "user:slow") {
      opening.resolve();
      await gate.promise;
    }
    return await inner.subscribe(channel, listener);
  };
  fixture = startHub({ hub: { endpoints: [endpoint] }, broker: { ...inner, subscribe } });
  const { url, hub } = fixture;
  const slow = await connect(`${url}/ws`, { headers: { authorization: "Bearer user-slow" } });
  await opening.promise;
  fixture.reload({ endpoints: [endpoint] });
  expect((await slow.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  fixture.reload({ endpoints: [{ ...endpoint, personal: "none" }] });
  expect((await slow.closed).code).toBe(3011);
  gate.resolve();
  const [ana, nobody] = await Promise.all([connect(`${url}/ws`, { headers }), connect(`${url}/ws`)]);
  fixture.reload({ endpoints: [endpoint] });
  expect((await ana.closed).code).toBe(3011);
  expect((await nobody.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  expect(hub.context.rooms.size).toBe(0);
});
