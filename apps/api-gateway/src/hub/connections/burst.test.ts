import { expect, test } from "bun:test";
import { connect } from "../../../test/hub/hub-client.ts";
import { startHub } from "../../../test/hub/start-hub.ts";

test("a burst that overflows a member's queue between two sweeps closes its connection instead of dropping frames silently", async () => {
  const fixture = startHub({
    hub: {
      endpoints: [{ path: "/ws", authenticate: { anonymous: true }, rooms: { pattern: "lobby:{any}" } }],
      limits: { queueBytesMax: 65_536 },
    },
  });
  const members = await Promise.all(Array.from({ length: 5 }, () => connect(`${fixture.url}/ws`)));
  for (const member of members)
    await member.ask({ type: "join_room", id: "j", payload: { room: "lobby:a" } });
  const burst = 2000;
  const payload = "x".repeat(8000);
  for (let index = 1; index <= burst; index++)
    await fixture.hub.publisher.publish("room:lobby:a", { type: "tick", id: `t-${index}`, payload });
  for (const member of members) {
    expect((await member.closed).code).toBe(1006);
    const offsets = member.frames.all.flatMap(({ offset }) => offset ?? []);
    expect(offsets).toEqual(offsets.map((_offset, index) => index + 1));
  }
  const again = await connect(`${fixture.url}/ws`);
  const since = { epoch: fixture.hub.context.broker.instanceId, offset: 1 };
  await again.ask({ type: "join_room", id: "j", payload: { room: "lobby:a", since } });
  const joined = again.frames.all.find(({ type }) => type === "room_joined");
  expect(joined?.payload).toMatchObject({ offset: burst, recovered: false });
  await fixture.stop();
});
