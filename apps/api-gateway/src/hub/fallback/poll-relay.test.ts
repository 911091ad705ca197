import { createMemoryBroker, openRedisBroker, type Broker, type Position } from "@libs/messaging";
import { serverSuiteName, serverUrl, waitUntil } from "@libs/testing";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startEventService } from "../../../test/hub/event-service.ts";
import type { ReceivedFrame } from "../../../test/hub/hub-client.ts";
import { type HubFixture, startHub } from "../../../test/hub/start-hub.ts";
import type { Connection } from "../connections/connection.ts";
import { PollSocket } from "./poll-socket.ts";

const service = startEventService();
afterAll(() => service.stop());

function startOn(broker: Broker): HubFixture {
  const endpoint = {
    path: "/ws",
    authenticate: { anonymous: true },
    messages: { cart_event: { service: "ingestion", path: "/events" } },
    rooms: { pattern: "lobby:{any}", recoverMax: 1000 },
  };
  const hub = { endpoints: [endpoint], drain: { spreadMs: 0, answerMs: 0 } };
  return startHub({ hub, services: { ingestion: service.url }, broker });
}

/** Once its broker is connected, so that other instances reach it. */
async function ready(fixture: HubFixture): Promise<HubFixture> {
  await fixture.hub.start();
  await waitUntil(() => fixture.hub.context.broker.state === "up", { what: "the broker" });
  return fixture;
}

/** The pending poll of a client, at the instance that holds its connection. */
function pollOf(
  fixture: HubFixture,
  client: PollClient,
): { connection: Connection; isWaiting: () => boolean } {
  const id = String(client.connection).replace(/\.[^.]+$/, "");
  const connection = fixture.hub.context.connections.get(id);
  const socket = connection?.socket;
  if (connection === undefined || !(socket instanceof PollSocket)) throw new Error("no poll");
  return { connection, isWaiting: () => !socket.isAbandoned(-1) };
}

/** A client that stores what the protocol requires: its connection, and its position in its room. */
class PollClient {
  connection: string | null = null;
  at: Position | null = null;
  readonly frames: ReceivedFrame[] = [];

  async poll(fixture: HubFixture, frames: readonly object[] = [], signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> =
      this.connection === null ? {} : { "x-cartway-connection": this.connection };
    const body = frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");
    const answer = await fetch(`${fixture.http}/ws/poll`, {
      method: "POST",
      headers,
      body,
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await answer.clone().text();
    if (answer.status === 200)
      for (const line of text.split("\n")) if (line !== "") this.#take(JSON.parse(line));
    return answer;
  }

  /** Opens a connection and joins the room from its last position. */
  async begin(fixture: HubFixture, room: string): Promise<void> {
    this.connection = null;
    await this.poll(fixture);
    const since = this.at === null ? {} : { since: this.at };
    const id = crypto.randomUUID();
    await this.poll(fixture, [{ type: "join_room", id, payload: { room, ...since } }]);
    while (!this.frames.some((frame) => frame.id === id && frame.type === "ack")) await this.poll(fixture);
  }

  get ticks(): readonly (string | undefined)[] {
    return this.frames.filter(({ type }) => type === "tick").map(({ id }) => id);
  }

  #take(frame: ReceivedFrame): void {
    this.frames.push(frame);
    const { type, payload, offset } = frame;
    if (type === "welcome")
      this.connection = `${String(payload?.["connectionId"])}.${String(payload?.["secret"])}`;
    if (type === "room_joined" && payload?.["recovered"] === false)
      this.at = { epoch: String(payload["epoch"]), offset: Number(payload["offset"]) };
    if (offset !== undefined && this.at !== null) this.at = { ...this.at, offset };
  }
}

function describeRelay(name: string, open: () => Promise<Broker>): void {
  describe(name, () => {
    let pair: HubFixture[] = [];
    let first: HubFixture;
    let second: HubFixture;
    beforeAll(async () => {
      first = await ready(startOn(await open()));
      second = await ready(startOn(await open()));
      pair = [first, second];
    });
    afterAll(async () => {
      for (const fixture of pair) await fixture.stop();
    });
    const publish = (room: string, id: string) =>
      second.hub.publisher.publish(`room:${room}`, { type: "tick", id });

    test("polls spread over several instances carry every frame once and in order, in both directions", async () => {
      const [client, room] = [new PollClient(), `lobby:${crypto.randomUUID()}`];
      await client.begin(first, room);
      const wanted = Array.from({ length: 40 }, (_, index) => `t-${index}`);
      const publishing = (async () => {
        for (const id of wanted) await publish(room, id);
      })();
      const sent: string[] = [];
      while (sent.length < 4 || client.ticks.length < wanted.length) {
        const id = `e-${room}-${sent.length}`;
        const at = pair[sent.length % 2] ?? first;
        sent.push(id);
        expect((await client.poll(at, [{ type: "cart_event", id, payload: {} }])).status).toBe(200);
      }
      await publishing;
      const isAcked = (id: string) => client.frames.some((frame) => frame.type === "ack" && frame.id === id);
      while (!sent.every(isAcked)) await client.poll(second);
      expect(client.ticks).toEqual(wanted);
    });

    test("a client whose instance crashed continues on another without missing frames", async () => {
      const third = await ready(startOn(await open()));
      const [client, room] = [new PollClient(), `lobby:${crypto.randomUUID()}`];
      await client.begin(third, room);
      await publish(room, "1");
      while (client.ticks.length < 1) await client.poll(second);
      await publish(room, "2");
      await third.stop();
      await publish(room, "3");
      expect((await client.poll(second)).status).toBe(410);
      await client.begin(second, room);
      expect(client.ticks).toEqual(["1", "2", "3"]);
    });

    test("only the connection's own client can poll it from another instance; other attempts are reported", async () => {
      const client = new PollClient();
      await client.begin(first, "lobby:a");
      const thief = new PollClient();
      thief.connection = `${String(client.connection).replace(/\.[^.]+$/, "")}.AAAAAAAAAAAAAAAAAAAAAAAA`;
      expect((await thief.poll(second)).status).toBe(403);
      expect(second.securityEvents.at(-1)).toMatchObject({ reason: "another_connection" });
    });

    test("an aborted poll loses no frames", async () => {
      const [client, room] = [new PollClient(), `lobby:${crypto.randomUUID()}`];
      await client.begin(first, room);
      const { isWaiting } = pollOf(first, client);
      const leaving = new AbortController();
      const left = client.poll(second, [], leaving.signal).catch(() => "left");
      await waitUntil(isWaiting, { what: "the poll to wait" });
      leaving.abort();
      expect(await left).toBe("left");
      await waitUntil(() => !isWaiting(), { what: "the poll to end" });
      await publish(room, "kept");
      await client.poll(second);
      expect(client.ticks).toEqual(["kept"]);
    });

    test("every instance reports how a connection ended, and a draining instance answers waiting polls", async () => {
      const [client, drained] = [new PollClient(), await ready(startOn(await open()))];
      await client.begin(first, "lobby:b");
      const { connection, isWaiting } = pollOf(first, client);
      const waiting = client.poll(drained);
      await waitUntil(isWaiting, { what: "the poll to wait" });
      await drained.hub.drain();
      expect([(await waiting).status, (await client.poll(drained)).status]).toEqual([200, 200]);
      const last = client.poll(second);
      await waitUntil(isWaiting, { what: "the poll to wait" });
      first.hub.context.delivery.close(connection, "revoked");
      expect((await last).headers.get("x-cartway-closed")).toBe("3507");
      expect((await client.poll(second)).status).toBe(410);
      await drained.stop();
    });
  });
}

let made = 0;
const memory = createMemoryBroker();
describeRelay("long polls over two instances", () =>
  Promise.resolve({ ...memory, instanceId: `memory${made++}` }),
);

const url = serverUrl("redis");
describe.skipIf(url === null)(serverSuiteName("long polls over instances", "redis"), () => {
  const opened: Broker[] = [];
  async function open(): Promise<Broker> {
    const broker = await openRedisBroker({ url: url ?? "", prefix: "poll-relay-test:", onError: () => {} });
    opened.push(broker);
    return broker;
  }
  afterAll(async () => {
    for (const broker of opened) await broker.close();
  });
  describeRelay("through Redis", open);
});
