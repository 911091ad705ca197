import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import type { CommandQueue, QueueEntry } from "./command-queue.ts";
import { describeRandomInterleavings } from "./random-interleavings.contract.ts";

export interface OpenedQueue {
  readonly queue: CommandQueue;
  close(): Promise<void>;
}

/** What every queue MUST do. `rounds` of the random test and `claimers` at once: as many as the engine has time for. */
export function describeCommandQueue(
  name: string,
  open: () => Promise<OpenedQueue>,
  { rounds, claimers }: { readonly rounds: number; readonly claimers: number },
): void {
  describe(name, () => {
    let opened: OpenedQueue;
    let queue: CommandQueue;
    const start = Date.UTC(2026, 0, 1);

    beforeAll(async () => {
      opened = await open();
      ({ queue } = opened);
    }, openingLimitMs);
    afterAll(() => opened.close());

    const newEntry = (fields: Partial<QueueEntry> = {}): QueueEntry => ({
      commandId: Bun.randomUUIDv7(),
      deviceId: crypto.randomUUID(),
      priority: 5,
      createdAtMs: start,
      deadlineMs: start + 3_600_000,
      attemptsMax: 3,
      ...fields,
    });
    const claim = (
      deviceId: string,
      options: { readonly max?: number; readonly at?: number; readonly digest?: string } = {},
    ) => {
      const { max = 10, at = 0, digest = crypto.randomUUID() } = options;
      return queue.claim({ deviceId, max, visibilityMs: 30_000, claimDigest: digest, nowMs: start + at });
    };
    const ids = (claims: readonly { readonly commandId: string }[]) => claims.map((one) => one.commandId);

    test("a claim takes entries by priority, then age, then id, and leaves the rest", async () => {
      const deviceId = crypto.randomUUID();
      const [late, early, urgent, twin] = [
        newEntry({ deviceId, createdAtMs: start + 5 }),
        newEntry({ deviceId, createdAtMs: start + 1 }),
        newEntry({ deviceId, priority: 9, createdAtMs: start + 9 }),
        newEntry({ deviceId, createdAtMs: start + 5 }),
      ] as const;
      await queue.put([late, early, urgent, twin]);
      expect(ids(await claim(deviceId, { max: 2 }))).toEqual([urgent.commandId, early.commandId]);
      expect(ids(await claim(deviceId))).toEqual([late.commandId, twin.commandId].toSorted());
    });

    test("a claimed entry is hidden for the visibility timeout, and then returns to its place", async () => {
      const first = newEntry();
      await queue.put([first, newEntry({ deviceId: first.deviceId, createdAtMs: start + 1 })]);
      await claim(first.deviceId, { max: 1 });
      expect(ids(await claim(first.deviceId, { max: 1, at: 29_999 }))).not.toContain(first.commandId);
      const again = await claim(first.deviceId, { max: 1, at: 30_000 });
      expect(again).toEqual([{ commandId: first.commandId, attempt: 2, untilMs: start + 60_000 }]);
    });

    test("a claim never returns another device's entries", async () => {
      await queue.put([newEntry()]);
      expect(await claim(crypto.randomUUID())).toEqual([]);
    });

    test("an extension counts from now, for the holder only, while the claim is valid", async () => {
      const entry = newEntry();
      await queue.put([entry]);
      await claim(entry.deviceId, { digest: "first" });
      const extend = (claimDigest: string, at: number, commandId = entry.commandId) =>
        queue.extend({ ...entry, commandId, claimDigest, visibilityMs: 60_000, nowMs: start + at });
      expect(await extend("first", 20_000)).toEqual({ outcome: "extended", untilMs: start + 80_000 });
      expect(await extend("other", 20_000)).toEqual({ outcome: "stale" });
      expect(await extend("first", 80_000)).toEqual({ outcome: "lapsed" });
      await claim(entry.deviceId, { at: 80_000, digest: "second" });
      expect(await extend("first", 80_001)).toEqual({ outcome: "stale" });
      expect(await extend("first", 0, Bun.randomUUIDv7())).toEqual({ outcome: "unknown" });
    });

    test("no entry is claimed or held past its deadline", async () => {
      const entry = newEntry({ deadlineMs: start + 10_000 });
      await queue.put([entry]);
      const [held] = await claim(entry.deviceId, { digest: "d" });
      expect(held?.untilMs).toBe(start + 10_000);
      const answer = await queue.extend({
        ...entry,
        claimDigest: "d",
        visibilityMs: 60_000,
        nowMs: start + 1,
      });
      expect(answer).toEqual({ outcome: "extended", untilMs: start + 10_000 });
      expect(await claim(entry.deviceId, { at: 10_000 })).toEqual([]);
    });

    test("an entry is claimed no more often than its maximum of attempts", async () => {
      const entry = newEntry({ attemptsMax: 2 });
      await queue.put([entry]);
      expect(await claim(entry.deviceId)).toHaveLength(1);
      expect(await claim(entry.deviceId, { at: 40_000 })).toHaveLength(1);
      expect(await claim(entry.deviceId, { at: 80_000 })).toEqual([]);
    });

    test("adding an entry again changes nothing, even while it is claimed", async () => {
      const entry = newEntry();
      await queue.put([entry, entry]);
      await claim(entry.deviceId);
      await queue.put([{ ...entry, priority: 9 }]);
      expect(await claim(entry.deviceId)).toEqual([]);
    });

    test("a lost entry is restored with its attempts, and stays hidden while it is claimed", async () => {
      const entry = newEntry({ attempts: 2, hiddenUntilMs: start + 30_000 });
      await queue.put([entry]);
      expect(await claim(entry.deviceId, { at: 29_999 })).toEqual([]);
      expect(await claim(entry.deviceId, { at: 30_000 })).toEqual([
        { commandId: entry.commandId, attempt: 3, untilMs: start + 60_000 },
      ]);
    });

    test("a removed entry is gone, claimed or not, and removing it again does nothing", async () => {
      const entry = newEntry();
      const held = newEntry({ deviceId: entry.deviceId, priority: 9 });
      await queue.put([entry, held]);
      await claim(entry.deviceId, { max: 1 });
      await queue.remove([entry, held]);
      await queue.remove([entry, held]);
      expect(await claim(entry.deviceId, { at: 60_000 })).toEqual([]);
    });

    test(`${claimers} concurrent claimers hold each of half as many entries exactly once`, async () => {
      const deviceId = crypto.randomUUID();
      const entries = Array.from({ length: claimers / 2 }, (_, index) =>
        newEntry({ deviceId, createdAtMs: start + index }),
      );
      await queue.put(entries);
      const claimed = await Promise.all(Array.from({ length: claimers }, () => claim(deviceId, { max: 1 })));
      // a claimer that lost its race goes away with less: the entry stays for the next one
      const rest = await claim(deviceId, { max: claimers });
      expect(ids([...claimed.flat(), ...rest]).toSorted()).toEqual(ids(entries).toSorted());
    });

    describeRandomInterleavings(() => queue, rounds);
  });
}
