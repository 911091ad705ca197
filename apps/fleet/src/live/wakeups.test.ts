import { test } from "bun:test";
import { createMemoryBroker } from "@libs/messaging";
import { createWakeups } from "./wakeups.ts";

const never = new AbortController().signal;
const long = { timeoutMs: 60_000, signal: never };

test("a request that waits on another instance is woken through the broker", async () => {
  const broker = createMemoryBroker();
  const [here, there] = [createWakeups(broker), createWakeups(broker)];
  await Promise.all([here.start(), there.start()]);
  const waiting = there.wait("d-1", long);
  const other = there.wait("d-2", long);
  here.wake("d-1");
  await waiting;
  await there.close();
  await other;
  await here.close();
});

test("a wait ends with its timeout, its caller, or the service", async () => {
  const wakeups = createWakeups(null);
  await wakeups.start();
  await wakeups.wait("d-1", { timeoutMs: 1, signal: never });
  const leaving = new AbortController();
  const waiting = wakeups.wait("d-1", { timeoutMs: 60_000, signal: leaving.signal });
  leaving.abort();
  await waiting;
  const last = wakeups.wait("d-1", long);
  await wakeups.close();
  await last;
});

test("an unavailable broker does not prevent local wakeups", async () => {
  const broker = {
    publish: () => Promise.reject(new Error("away")),
    subscribe: () => Promise.resolve(),
    unsubscribe: () => Promise.resolve(),
  };
  const wakeups = createWakeups(broker);
  await wakeups.start();
  const waiting = wakeups.wait("d-1", long);
  wakeups.wake("d-1");
  await waiting;
  await wakeups.close();
});
