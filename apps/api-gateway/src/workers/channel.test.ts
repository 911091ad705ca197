import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { openOwnChannel } from "./channel.ts";

test("a process started without an IPC channel cannot be a worker", () => {
  expect(() => openOwnChannel(process)).toThrow("a worker can only be started by its supervisor");
});

test("messages and the end come from the supervisor, and nothing is sent after it is gone", () => {
  const sent: unknown[] = [];
  const events = new EventEmitter();
  const own = {
    connected: true,
    send: (message: unknown) => sent.push(message) > 0,
    on: events.on.bind(events) as never,
  };
  const channel = openOwnChannel(own);
  const seen: unknown[] = [];
  channel.onMessage((message) => seen.push(message));
  channel.onClosed(() => seen.push("closed"));
  channel.send("one");
  events.emit("message", "two");
  events.emit("disconnect");
  own.connected = false;
  channel.send("three");
  expect([sent, seen]).toEqual([["one"], ["two", "closed"]]);
});
