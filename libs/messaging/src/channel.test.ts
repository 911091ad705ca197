import { expect, test } from "bun:test";
import { parseChannel } from "./channel.ts";

test("a channel is a kind and a name, which may contain colons", () => {
  expect(parseChannel("room:cart:s-1")).toEqual({ kind: "room", name: "cart:s-1" });
  expect(parseChannel("user:u-1")).toEqual({ kind: "user", name: "u-1" });
});

test.each(["", "room", "room:", "hub:control", "rooms:x", "room:a b", "room:{x}", `room:${"a".repeat(201)}`])(
  "%p is refused with the accepted form",
  (text) => {
    expect(() => parseChannel(text)).toThrow("room:cart:s-1");
  },
);
