import { expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { createEventLog } from "@libs/testing";
import { startBackground } from "./background.ts";

test("work is repeated after its last run has ended, also after a failure", async () => {
  const begun = createEventLog<() => void>();
  const log = createMemoryLogger();
  let isFirst = true;
  const work = () => {
    if (isFirst) {
      isFirst = false;
      return Promise.reject(new Error("the store is away"));
    }
    return new Promise<void>((resolve) => begun.push(resolve));
  };
  const end = startBackground([{ name: "tidy up", everyMs: 1, work }], log.logger);
  const finish = await begun.next();
  expect(log.lines).toMatchObject([{ work: "tidy up", message: "background work failed" }]);
  expect(begun.all).toHaveLength(1);
  finish();
  (await begun.next())();
  await end();
});

test("stopping waits for the run in progress but not for the interval, and nothing starts afterwards", async () => {
  const begun = createEventLog<() => void>();
  const isDone: string[] = [];
  const slow = async () => {
    await new Promise<void>((resolve) => begun.push(resolve));
    isDone.push("slow");
  };
  const end = startBackground(
    [
      { name: "slow", everyMs: 1, work: slow },
      { name: "rare", everyMs: 3_600_000, work: () => Promise.resolve() },
    ],
    createMemoryLogger().logger,
  );
  const finish = await begun.next();
  const ended = end().then(() => isDone.push("ended"));
  finish();
  await ended;
  expect(isDone).toEqual(["slow", "ended"]);
  expect(begun.all).toHaveLength(1);
});
