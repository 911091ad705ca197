import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ReceivedFrame } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";
import { sweep } from "./sweep.ts";

const channel = "room:lobby:a";
const payload = { room: "lobby:a" };
const hub = {
  endpoints: [{ path: "/ws", authenticate: { with: ["platform"] }, rooms: { pattern: "lobby:{any}" } }],
  limits: { queueBytesMax: 65_536, slowConsumer: "latest" },
};
let fixture: HubFixture;
let connection: string | null;
beforeEach(() => {
  connection = null;
  fixture = startHub({ hub });
});
afterEach(() => fixture.stop());

async function poll(...frames: readonly object[]): Promise<readonly ReceivedFrame[]> {
  const response = await fetch(`${fixture.http}/ws/poll`, {
    method: "POST",
    headers:
      connection === null ? { authorization: "Bearer user-ana" } : { "x-cartway-connection": connection },
    body: frames.map((frame) => `${JSON.stringify(frame)}\n`).join(""),
  });
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return lines.map((line): ReceivedFrame => JSON.parse(line));
}

/** A member of the room that has read nothing for so long that only the latest frames are kept for it. */
async function becomeSlow(): Promise<void> {
  const [welcome] = await poll();
  connection = `${String(welcome?.payload?.["connectionId"])}.${String(welcome?.payload?.["secret"])}`;
  const joined = await poll({ type: "join_room", id: "j", payload });
  if (!joined.some(({ type }) => type === "ack")) await poll();
  for (const id of ["long-1", "long-2"])
    await publish(channel, { type: "tick", id, payload: "x".repeat(20_000) });
}

const publish = (to: string, frame: { type: string; id: string; payload?: unknown }, history?: null) =>
  fixture.hub.publisher.publish(to, frame, history === null ? { history } : {});

/** What it gets once it reads again. */
async function catchUp(read = () => poll()): Promise<readonly ReceivedFrame[]> {
  const waiting = await read();
  sweep(fixture.hub.context);
  return [...waiting, ...(await poll({ type: "heartbeat", id: "caught-up" }))].filter(
    ({ type, id }) => id !== "caught-up" && type !== "welcome" && !String(id).startsWith("long"),
  );
}

describe("a slow reader for which only the latest frames are kept", () => {
  test("gets the room's latest frame with an offset, although one without came after it", async () => {
    await becomeSlow();
    for (const id of ["placed-1", "placed-2"]) await publish(channel, { type: "tick", id });
    await publish(channel, { type: "tick", id: "unplaced" }, null);
    expect((await catchUp()).map(({ id, offset }) => [id, offset])).toEqual([
      ["placed-2", 4],
      ["unplaced", undefined],
    ]);
  });

  test("is told that frames are lost before it gets those that followed", async () => {
    await becomeSlow();
    await publish(channel, { type: "tick", id: "before" });
    fixture.hub.context.rooms.get(channel)?.lost({ epoch: "later", offset: 0 });
    for (const id of ["after-1", "after-2"]) await publish(channel, { type: "tick", id });
    expect((await catchUp()).map(({ type, id }) => id ?? type)).toEqual(["room_lost", "after-2"]);
  });

  test("gets every frame of its own channel, which has no offsets to show what is missing", async () => {
    await becomeSlow();
    await publish(channel, { type: "tick", id: "slow-since" });
    const ids = ["own-1", "own-2", "own-3"];
    for (const id of ids) await publish("user:ana", { type: "offer", id });
    const own = (await catchUp()).filter(({ type }) => type === "offer");
    expect(own.map(({ id }) => id)).toEqual(ids);
  });

  test("gets nothing of a room that it has left", async () => {
    await becomeSlow();
    await publish(channel, { type: "tick", id: "kept" });
    let answers = await poll({ type: "leave_room", id: "l", payload });
    while (!answers.some(({ type }) => type === "ack")) answers = await poll();
    expect((await catchUp(() => poll({ type: "heartbeat", id: "caught-up" }))).map(({ id }) => id)).toEqual(
      [],
    );
  });
});
