import { expect, test } from "bun:test";
import { connect } from "../../../test/hub/hub-client.ts";
import { hubConfig, startHub } from "../../../test/hub/start-hub.ts";
import { withinListener } from "./within-listener.ts";

const endpoints = [{ path: "/ws", authenticate: { anonymous: true } }];
const config = (limits: object) => hubConfig({ endpoints, limits });

test("limits that a listener cannot change wait for the next start and are listed", () => {
  const { limits } = config({ frameBytesMax: 1000, queueBytesMax: 10_000, idleMs: 60_000 });
  const more = { frameBytesMax: 2000, queueBytesMax: 20_000, idleMs: 90_000, badFramesMax: 5 };
  const { config: held, waiting } = withinListener(config(more), limits);
  expect(held.limits).toMatchObject({
    frameBytesMax: 1000,
    queueBytesMax: 10_000,
    idleMs: 60_000,
    badFramesMax: 5,
  });
  expect(waiting).toEqual(["frameBytesMax", "queueBytesMax", "idleMs"]);
  const less = withinListener(config({ frameBytesMax: 500, queueBytesMax: 5000, idleMs: 60_000 }), limits);
  expect(less.config.limits).toMatchObject({ frameBytesMax: 500, queueBytesMax: 5000 });
  expect(less.waiting).toEqual([]);
});

test("after a reload the welcome states the frame limit in force; smaller limits apply at once", async () => {
  const fixture = startHub({ hub: { endpoints, limits: { frameBytesMax: 1000 } } });
  const told = async (frameBytesMax: number) => {
    fixture.reload({ endpoints, limits: { frameBytesMax } });
    const client = await connect(`${fixture.url}/ws`);
    const { payload } = await client.frames.next();
    await client.close();
    return payload?.["frameBytesMax"];
  };
  expect([await told(2000), await told(500)]).toEqual([1000, 500]);
  await fixture.stop();
});
