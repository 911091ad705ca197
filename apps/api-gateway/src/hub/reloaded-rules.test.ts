import { afterEach, expect, test } from "bun:test";
import { connect } from "../../test/hub/hub-client.ts";
import { type HubFixture, hubConfig, startHub } from "../../test/hub/start-hub.ts";

const endpoint = { path: "/ws", authenticate: { with: ["platform"], anonymous: true } };
const rooms = [{ pattern: "support:{any}" }, { pattern: "lobby:{any}" }];
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

test("whoever is in a room that a reload has shut is sent away with 3011, and whoever is in another one stays", async () => {
  fixture = startHub({ hub: { endpoints: [{ ...endpoint, rooms }] } });
  const [inside, outside] = [await connect(`${fixture.url}/ws`), await connect(`${fixture.url}/ws`)];
  await inside.ask({ type: "join_room", id: "j", payload: { room: "support:a" } });
  await outside.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  fixture.hub.reload(hubConfig({ endpoints: [{ ...endpoint, rooms: rooms.slice(1) }] }));
  expect((await inside.closed).code).toBe(3011);
  expect((await outside.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
});

test("whoever hears a channel of their own that a reload has taken away is sent away with 3011", async () => {
  fixture = startHub({ hub: { endpoints: [endpoint] } });
  const headers = { authorization: "Bearer user-ana" };
  const client = await connect(`${fixture.url}/ws`, { headers });
  await fixture.hub.publisher.publish("user:ana", { type: "offer" });
  await client.frames.find(({ type }) => type === "offer");
  fixture.hub.reload(hubConfig({ endpoints: [{ ...endpoint, personal: "none" }] }));
  expect((await client.closed).code).toBe(3011);
});
