import { describe, expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { createEventLog, waitUntil } from "@libs/testing";
import type { Position } from "../protocol/frame.ts";
import type { Broker, HistoryRead, Publication, PublicationListener } from "./broker.ts";
import { ChannelFeed } from "./channel-feed.ts";
import { createMemoryBroker } from "./memory-broker.ts";

type Told = { readonly text: string } | { readonly lost: Position };

/** A broker in process between whose publications and listeners the test can lose some. */
function lossyBroker(): { broker: Broker; lose: { next: number }; fail: { history: boolean } } {
  const inner = createMemoryBroker();
  const lose = { next: 0 };
  const fail = { history: false };
  const broker: Broker = {
    ...inner,
    subscribe: (channel, listener: PublicationListener) =>
      inner.subscribe(channel, {
        publication(publication) {
          if (lose.next > 0) lose.next -= 1;
          else listener.publication(publication);
        },
      }),
    history: async (channel, since, limit): Promise<HistoryRead> => {
      if (fail.history) throw new CartwayError("store_unavailable");
      return inner.history(channel, since, limit);
    },
  };
  return { broker, lose, fail };
}

async function openFeed(broker: Broker, gapMax = 10) {
  const told = createEventLog<Told>();
  const listener = {
    publication: ({ text }: Publication) => told.push({ text }),
    lost: (lost: Position) => told.push({ lost }),
  };
  const behind: ChannelFeed[] = [];
  const onBehind = (feed: ChannelFeed): void => void behind.push(feed);
  const feed = await ChannelFeed.open({ broker, gapMax, onBehind }, "room:a", listener);
  return { feed, told, behind };
}

const texts = (told: readonly Told[]): string[] =>
  told.map((entry) => ("text" in entry ? entry.text : "lost"));

describe("a feed", () => {
  test("starts at the channel's position and delivers what follows", async () => {
    const { broker } = lossyBroker();
    await broker.publish("room:a", "earlier");
    const { feed, told } = await openFeed(broker);
    expect(feed.position?.offset).toBe(1);
    await broker.publish("room:a", "next");
    expect(texts(told.all)).toEqual(["next"]);
    await feed.close();
    await broker.publish("room:a", "after");
    expect(texts(told.all)).toEqual(["next"]);
  });

  test("fills a gap from history, in order, before the publication that revealed it", async () => {
    const { broker, lose } = lossyBroker();
    const { told } = await openFeed(broker);
    await broker.publish("room:a", "1");
    lose.next = 2;
    for (const text of ["2", "3", "4", "5"]) await broker.publish("room:a", text);
    await told.atLeast(5);
    expect(texts(told.all)).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("reports a gap that history cannot fill as lost, once, and delivers what came after it", async () => {
    const { broker, lose } = lossyBroker();
    const { feed, told } = await openFeed(broker, 2);
    lose.next = 5;
    for (let index = 1; index <= 6; index++) await broker.publish("room:a", String(index));
    await told.atLeast(2);
    await broker.publish("room:a", "7");
    await told.atLeast(3);
    expect(texts(told.all)).toEqual(["lost", "6", "7"]);
    expect(told.all[0]).toMatchObject({ lost: { offset: 5 } });
    expect(feed.position?.offset).toBe(7);
  });

  test("finds missed publications on catching up if no later one revealed them", async () => {
    const { broker, lose } = lossyBroker();
    const { feed, told } = await openFeed(broker);
    lose.next = 1;
    await broker.publish("room:a", "missed");
    await feed.catchUp();
    expect(texts(told.all)).toEqual(["missed"]);
  });

  test("that could not read the channel's position reports it when it can", async () => {
    const { broker, fail } = lossyBroker();
    fail.history = true;
    const { feed, told } = await openFeed(broker);
    expect(feed.position).toBeNull();
    await broker.publish("room:a", "unplaced", { history: null });
    expect(feed.catchUp()).rejects.toMatchObject({ code: "store_unavailable" });
    fail.history = false;
    await waitUntil(() => feed.catchUp().then(() => true));
    expect(texts(told.all).slice(0, 2)).toEqual(["unplaced", "lost"]);
  });

  test("that could not fill its gap while the broker was up reports it, so that later publications are not held back", async () => {
    const { broker, lose, fail } = lossyBroker();
    const { feed, told, behind } = await openFeed(broker);
    fail.history = true;
    lose.next = 1;
    for (const text of ["1", "2"]) await broker.publish("room:a", text);
    await waitUntil(() => behind.length === 1);
    expect(behind).toEqual([feed]);
    fail.history = false;
    await feed.catchUp();
    expect(texts(told.all)).toEqual(["1", "2"]);
  });

  test("buffers publications during an outage and delivers them after the gap was filled", async () => {
    const { broker, lose, fail } = lossyBroker();
    const { feed, told } = await openFeed(broker);
    fail.history = true;
    lose.next = 1;
    for (const text of ["1", "2", "3"]) await broker.publish("room:a", text);
    await feed.catchUp().catch(() => undefined);
    fail.history = false;
    await feed.catchUp();
    expect(texts(told.all)).toEqual(["1", "2", "3"]);
  });
});
