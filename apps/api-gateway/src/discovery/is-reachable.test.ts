import { expect, test } from "bun:test";
import { isReachable } from "./is-reachable.ts";

test.each(["10.0.0.1", "::1", "fe80::1%eth0", "shop", "a_b.shop.test.", "xn--caf-dma.test"])(
  "%s is a host",
  (host) => expect(isReachable({ host, port: 1 })).toBe(true),
);

test.each(["", "[::1]", "bad host", "a\r\nb", "-a", "a/b", "a:80", "a@b", "a".repeat(254)])(
  "%p is none",
  (host) => expect(isReachable({ host, port: 1 })).toBe(false),
);

test("a port is from 1 to 65535", () => {
  const ports = [-1, 0, 1, 65_535, 65_536, 1.5, Number.NaN];
  expect(ports.filter((port) => isReachable({ host: "a", port }))).toEqual([1, 65_535]);
});
