import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { GroupCommit, type GroupCommitOptions } from "./group-commit.ts";

/** Records the groups; the result of each item is ten times the item. A negative one fails its group. */
function start(options: Partial<GroupCommitOptions<number, { readonly tenfold: number }>> = {}) {
  const groups: (readonly number[])[] = [];
  const gate = { opened: Promise.resolve() };
  const commit = new GroupCommit<number, { readonly tenfold: number }>({
    keyOf: String,
    work: async (items) => {
      groups.push(items);
      await gate.opened;
      if (items.some((item) => item < 0)) throw new RangeError("negative");
      return items.map((item) => ({ tenfold: item * 10 }));
    },
    ...options,
  });
  return { commit, groups, gate };
}

test("concurrent items are committed together, and each gets its own result", async () => {
  const { commit, groups } = start();
  expect(await Promise.all([1, 2, 3].map((item) => commit.add(item)))).toEqual([
    { tenfold: 10 },
    { tenfold: 20 },
    { tenfold: 30 },
  ]);
  expect(groups).toEqual([[1, 2, 3]]);
});

test("items that arrive during a group join the next one", async () => {
  const { commit, groups, gate } = start();
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.opened = promise;
  const first = commit.add(1);
  while (groups.length === 0) await new Promise(setImmediate);
  const others = [commit.add(2), commit.add(3)];
  resolve();
  expect(await Promise.all([first, ...others])).toEqual([{ tenfold: 10 }, { tenfold: 20 }, { tenfold: 30 }]);
  expect(groups).toEqual([[1], [2, 3]]);
});

test("items with the same key never share a group, and groups have a maximum size", async () => {
  const { commit, groups } = start({ keyOf: (item) => String(item % 10), groupMax: 2 });
  await Promise.all([1, 11, 2, 3].map((item) => commit.add(item)));
  expect(groups).toEqual([
    [1, 2],
    [11, 3],
  ]);
});

test("one invalid item fails alone", async () => {
  const { commit } = start();
  const outcomes = await Promise.allSettled([1, -2, 3].map((item) => commit.add(item)));
  expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("an unavailable store is not called again for each item of a group", async () => {
  let asked = 0;
  const commit = new GroupCommit<number, { readonly tenfold: number }>({
    keyOf: String,
    work() {
      asked += 1;
      return Promise.reject(new CartwayError("store_unavailable"));
    },
  });
  const outcomes = await Promise.allSettled([commit.add(1), commit.add(2)]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
  expect(asked).toBe(1);
});

test("work with a wrong number of results gives nobody a wrong one", async () => {
  const { commit } = start({ work: () => Promise.resolve([]) });
  await expect(commit.add(1)).rejects.toThrow("wrong number of results");
});

test("items beyond the maximum queue are refused at once", async () => {
  const { commit } = start({ waitingMax: 1 });
  const first = commit.add(1);
  await expect(commit.add(2)).rejects.toMatchObject({ code: "overloaded" });
  expect(await first).toEqual({ tenfold: 10 });
});

test("groups are spaced out while several items arrive at a time, and a lone item never waits", async () => {
  const { commit, groups } = start({ everyMs: 30_000 });
  for (const item of [1, 2]) await commit.add(item);
  await Promise.all([commit.add(3), commit.add(4)]);
  const late = commit.add(5).then(() => "answered");
  expect(await Promise.race([late, Bun.sleep(50).then(() => "waits")])).toBe("waits");
  expect(groups).toEqual([[1], [2], [3, 4]]);
});
