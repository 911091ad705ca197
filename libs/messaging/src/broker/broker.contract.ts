import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createEventLog, type EventLog, waitUntil } from "@libs/testing";
import type { Broker, Publication } from "./broker.ts";

export interface BrokerFixture {
  /** Two instances of one hub; the same object twice for an in-process broker. */
  readonly first: Broker;
  readonly second: Broker;
  close(): Promise<void>;
}

/** What every broker guarantees. `unique` creates names that no other test uses. */
export function describeBroker(name: string, open: () => Promise<BrokerFixture>): void {
  describe(name, () => {
    let fixture: BrokerFixture;
    let counter = 0;
    const unique = (kind = "room"): string => `${kind}:contract-${process.pid}-${Date.now()}-${counter++}`;
    beforeAll(async () => void (fixture = await open()));
    afterAll(() => fixture.close());

    describePublishing(() => fixture, unique);
    describeHistory(() => fixture, unique);
    describePresence(() => fixture, unique);
    describeLeases(() => fixture, unique);
  });
}

async function listen(broker: Broker, channel: string): Promise<EventLog<Publication>> {
  const log = createEventLog<Publication>();
  await broker.subscribe(channel, { publication: log.push });
  return log;
}

function describePublishing(fixture: () => BrokerFixture, unique: () => string): void {
  test("a publication reaches every listener of its channel exactly once, the publisher's instance included", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const logs = [await listen(first, channel), await listen(first, channel), await listen(second, channel)];
    await first.publish(channel, "one");
    await second.publish(channel, "two");
    for (const log of logs) {
      await log.atLeast(2);
      expect(log.all.map((publication) => publication.text)).toEqual(["one", "two"]);
    }
  });

  test("a publication to a channel without listeners is dropped", async () => {
    expect((await fixture().first.publish(unique(), "x")).reach).toBe("all");
  });

  test("a removed listener receives nothing more, and others still do", async () => {
    const { first } = fixture();
    const channel = unique();
    const left = createEventLog<Publication>();
    const leaving = { publication: left.push };
    await first.subscribe(channel, leaving);
    const stays = await listen(first, channel);
    await first.unsubscribe(channel, leaving);
    await first.publish(channel, "x");
    await stays.atLeast(1);
    expect(left.all).toEqual([]);
  });

  test("a channel can be left and subscribed to again at once", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const leaving = { publication() {} };
    await first.subscribe(channel, leaving);
    const [, log] = await Promise.all([first.unsubscribe(channel, leaving), listen(first, channel)]);
    await second.publish(channel, "x");
    await log.atLeast(1);
  });

  test("a listener that throws does not affect others", async () => {
    const { first } = fixture();
    const channel = unique();
    await first.subscribe(channel, {
      publication() {
        throw new Error("a listener's own fault");
      },
    });
    const log = await listen(first, channel);
    await first.publish(channel, "x");
    await log.atLeast(1);
  });

  test("any text arrives unchanged", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const log = await listen(second, channel);
    const text = '  {"a":"é 漢 😀\\u0000 \\n"}  ';
    await first.publish(channel, text);
    expect((await log.next()).text).toBe(text);
  });

  test("a thousand publications of two instances arrive in one order everywhere", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const logs = [await listen(first, channel), await listen(second, channel)];
    const sent = Array.from({ length: 1000 }, (_, index) =>
      (index % 2 ? first : second).publish(channel, `${index}`),
    );
    await Promise.all(sent);
    const orders = await Promise.all(
      logs.map(async (log) => (await log.atLeast(1000)).map(({ text }) => text)),
    );
    expect(orders[0]?.length).toBe(1000);
    expect(orders[0]).toEqual(orders[1] ?? []);
  });
}

function describeHistory(fixture: () => BrokerFixture, unique: () => string): void {
  test("offsets count from one without gaps, and arrive with each publication", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const log = await listen(second, channel);
    const receipts = [await first.publish(channel, "a"), await second.publish(channel, "b")];
    expect(receipts.map((receipt) => receipt.position?.offset)).toEqual([1, 2]);
    const heard = await log.atLeast(2);
    expect(heard.map((publication) => publication.position)).toEqual(
      receipts.map((receipt) => receipt.position),
    );
  });

  test("history after a position is returned in order and complete", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const { position } = await first.history(channel, null, 0);
    expect(position.offset).toBe(0);
    for (const text of ["a", "b", "c"]) await first.publish(channel, text);
    const all = await second.history(channel, position, 100);
    expect(all).toEqual({
      position: { epoch: position.epoch, offset: 3 },
      complete: true,
      publications: ["a", "b", "c"].map((text, index) => ({ offset: index + 1, text })),
    });
    const last = await second.history(channel, { ...position, offset: 2 }, 100);
    expect(last.publications).toEqual([{ offset: 3, text: "c" }]);
    const none = await second.history(channel, { ...position, offset: 3 }, 100);
    expect(none).toMatchObject({ complete: true, publications: [] });
  });

  test("a gap that cannot be filled completely is not filled at all", async () => {
    const { first } = fixture();
    const channel = unique();
    const { position } = await first.history(channel, null, 0);
    for (let index = 0; index < 5; index++) {
      await first.publish(channel, String(index), { history: { sizeMax: 3, ttlMs: 60_000 } });
    }
    const refused = { complete: false, publications: [] };
    expect(await first.history(channel, position, 100)).toMatchObject(refused);
    expect(await first.history(channel, { ...position, offset: 3 }, 1)).toMatchObject(refused);
    expect(await first.history(channel, { ...position, offset: 9 }, 100)).toMatchObject(refused);
    expect(await first.history(channel, { epoch: "another", offset: 4 }, 100)).toMatchObject(refused);
    expect((await first.history(channel, { ...position, offset: 2 }, 100)).complete).toBe(true);
  });

  test("history is bounded by the last publication's setting, however much was kept before", async () => {
    const { first } = fixture();
    const channel = unique();
    for (const sizeMax of [10, 10, 10, 2])
      await first.publish(channel, "x", { history: { sizeMax, ttlMs: 60_000 } });
    const { position } = await first.history(channel, null, 0);
    const since = (offset: number) => first.history(channel, { ...position, offset }, 100);
    expect([(await since(1)).complete, (await since(2)).complete]).toEqual([false, true]);
  });

  test("texts expire, and the gap is then incomplete", async () => {
    const { first } = fixture();
    const channel = unique();
    const { position } = await first.history(channel, null, 0);
    await first.publish(channel, "short", { history: { sizeMax: 10, ttlMs: 20 } });
    await waitUntil(async () => !(await first.history(channel, position, 10)).complete);
    expect((await first.history(channel, position, 10)).position.offset).toBe(1);
  });

  test("a channel without history has no positions", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const log = await listen(second, channel);
    expect((await first.publish(channel, "x", { history: null })).position).toBeNull();
    expect((await log.next()).position).toBeNull();
    expect((await first.history(channel, null, 0)).position.offset).toBe(0);
  });

  test("the same idempotency key publishes once and returns the first position", async () => {
    const { first, second } = fixture();
    const channel = unique();
    const log = await listen(second, channel);
    const receipts = [
      await first.publish(channel, "once", { idempotencyKey: "k" }),
      await second.publish(channel, "once", { idempotencyKey: "k" }),
      await second.publish(channel, "other", { idempotencyKey: "l" }),
    ];
    expect(receipts.map((receipt) => receipt.position?.offset)).toEqual([1, 1, 2]);
    const heard = await log.atLeast(2);
    expect(heard.map((publication) => publication.text)).toEqual(["once", "other"]);
    const silent = unique();
    for (let round = 0; round < 2; round++) {
      const receipt = await first.publish(silent, "x", { history: null, idempotencyKey: "k" });
      expect(receipt).toEqual({ position: null, reach: "all" });
    }
  });
}

function describePresence(fixture: () => BrokerFixture, unique: () => string): void {
  const ana = { connectionId: "c-1", userId: "ana" };
  const anonymous = { connectionId: "c-2", userId: null };

  test("a channel's presence is known to every instance", async () => {
    const { first, second } = fixture();
    const channel = unique();
    expect(await first.presence.join(channel, ana)).toBe(true);
    expect(await second.presence.join(channel, anonymous)).toBe(true);
    const { count, members } = await first.presence.list(channel, 10);
    expect(count).toBe(2);
    expect(members.toSorted((a, b) => a.connectionId.localeCompare(b.connectionId))).toEqual([
      ana,
      anonymous,
    ]);
    expect(await second.presence.list(channel, 1)).toMatchObject({ count: 2, members: [expect.anything()] });
  });

  test("joining and leaving report whether presence changed", async () => {
    const { first } = fixture();
    const channel = unique();
    expect([await first.presence.join(channel, ana), await first.presence.join(channel, ana)]).toEqual([
      true,
      false,
    ]);
    expect([await first.presence.leave(channel, "c-1"), await first.presence.leave(channel, "c-1")]).toEqual([
      true,
      false,
    ]);
    expect(await first.presence.list(channel, 10)).toEqual({ count: 0, members: [] });
  });

  test("members of a live instance are never removed", async () => {
    const { first, second } = fixture();
    const channel = unique();
    await first.presence.join(channel, ana);
    await first.presence.heartbeat();
    await second.presence.heartbeat();
    expect((await second.presence.reap(100)).filter((orphan) => orphan.channel === channel)).toEqual([]);
    expect((await second.presence.list(channel, 10)).count).toBe(1);
  });
}

function describeLeases(fixture: () => BrokerFixture, unique: (kind: string) => string): void {
  const mine = (ids: readonly string[], taken: readonly { id: string; expiredAt: number }[]) =>
    taken.filter((lease) => ids.includes(lease.id));

  test("an expired lease is handed out exactly once, to one of the callers", async () => {
    const { first, second } = fixture();
    const ids = [unique("s"), unique("s"), unique("s")];
    await first.leases.renew(ids, 10);
    const taken: { id: string }[] = [];
    await waitUntil(async () => {
      const both = await Promise.all([first, second].map((broker) => broker.leases.takeExpired(10, 60_000)));
      taken.push(...mine(ids, both.flat()));
      return taken.length >= ids.length;
    });
    expect(taken.map((lease) => lease.id).toSorted()).toEqual(ids.toSorted());
  });

  test("a renewed lease is not handed out, and a session may return after it left", async () => {
    const { first, second } = fixture();
    const id = unique("s");
    await first.leases.renew([id], 10);
    await second.leases.renew([id], 60_000);
    await Bun.sleep(20);
    expect(mine([id], await first.leases.takeExpired(100, 60_000))).toEqual([]);
    await second.leases.renew([id], 1);
    await waitUntil(async () => mine([id], await first.leases.takeExpired(100, 60_000)).length === 1);
    await second.leases.renew([id], 1);
    await waitUntil(async () => mine([id], await first.leases.takeExpired(100, 60_000)).length === 1);
  });

  test("an unsettled expiry is handed out again unchanged; a settled one is not", async () => {
    const { first, second } = fixture();
    const id = unique("s");
    await first.leases.renew([id], 1);
    const once = await waitUntil(async () => mine([id], await first.leases.takeExpired(100, 10)).at(0));
    const again = await waitUntil(async () => mine([id], await second.leases.takeExpired(100, 10)).at(0));
    expect(again).toEqual(once);
    await first.leases.settle(once);
    await Bun.sleep(20);
    expect(mine([id], await second.leases.takeExpired(100, 10))).toEqual([]);
  });
}
