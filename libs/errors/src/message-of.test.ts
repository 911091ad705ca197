import { expect, test } from "bun:test";
import { CartwayError } from "./cartway-error.ts";
import { messageOf } from "./message-of.ts";

test("an error says its message, without its name", () => {
  expect(messageOf(new TypeError("no number"))).toBe("no number");
  expect(messageOf(new CartwayError("not_found"))).toBe("Nothing is served here.");
});

test.each<[string, unknown, string]>([
  ["a text", "out of range", "out of range"],
  ["nothing", undefined, "undefined"],
  ["an object", { toString: () => "status 7" }, "status 7"],
])("%s that was thrown in place of an error is given as text", (_, thrown, text) => {
  expect(messageOf(thrown)).toBe(text);
});
