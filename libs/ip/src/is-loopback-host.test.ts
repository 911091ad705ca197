import { expect, test } from "bun:test";
import { isLoopbackHost } from "./is-loopback-host.ts";

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["localhost", true],
  ["::1", true],
  ["[::1]", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.evil.example", false],
  ["localhost.evil.example", false],
  ["", false],
])("%s counts as loopback: %p", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});
