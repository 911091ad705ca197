import { isIP } from "node:net";
import { expect, test } from "bun:test";
import { assert, constantFrom, integer, ipV4, ipV6, oneof, property, string } from "fast-check";
import { CidrSet, parseCidr } from "./cidr-set.ts";
import { ipKey } from "./ip-key.ts";
import { isIpv4, parseIp } from "./parse-ip.ts";

const has = (networks: readonly string[], address: string) => {
  const words = parseIp(address);
  return words === null ? null : new CidrSet(networks).has(words);
};

test("every notation of an address has one value", () => {
  const spellings = [
    "::ffff:192.0.2.1",
    "::FFFF:c000:201",
    "0:0:0:0:0:ffff:c000:0201",
    "::ffff:192.0.2.1%eth0",
  ];
  for (const spelling of spellings) expect(parseIp(spelling)).toEqual(parseIp("192.0.2.1"));
  expect(parseIp("2001:DB8:0::1")).toEqual(parseIp("2001:db8::1"));
  expect(parseIp("::")).toEqual([0, 0, 0, 0]);
});

test("notations that only some parsers accept are refused", () => {
  const tricks = [
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "0x1.2.3.4",
    "1.2.3.256",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.-4",
    "1.2.3.+4",
    "1.2.3.1e1",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "12345::",
    "g::",
    "::1.2.3",
    "::1.2.3.4.5",
    "1.2.3.4::",
    "::ffff:01.2.3.4",
    "[::1]",
    "::1/64",
    "1:2:3:4:5:6:7:8::",
    "fe80::1%",
    "fe80::1%<b>",
    "fe80::1%a%b",
  ];
  expect(tricks.filter((trick) => parseIp(trick) !== null)).toEqual([]);
});

test("addresses are recognised exactly as by node:net", () => {
  assert(
    property(
      oneof(ipV4(), ipV6(), string({ unit: constantFrom(..."0123456789abcf:.".split("")) })),
      (text) => {
        expect([text, parseIp(text) !== null]).toEqual([text, isIP(text) !== 0]);
      },
    ),
    { numRuns: 2000 },
  );
});

test("an IPv4 network contains the mapped forms of its addresses, and a mapped IPv6 network its IPv4 ones", () => {
  expect(has(["10.0.0.0/8"], "::ffff:10.1.2.3")).toBe(true);
  expect(has(["::ffff:10.0.0.0/104"], "10.1.2.3")).toBe(true);
  expect(has(["10.0.0.0/8"], "::10.1.2.3")).toBe(false);
  expect(has(["0.0.0.0/0"], "2001:db8::1")).toBe(false);
  expect(has(["0.0.0.0/0"], "203.0.113.9")).toBe(true);
  expect(has(["::/0"], "203.0.113.9")).toBe(true);
});

test("membership follows the prefix, at every length", () => {
  expect(has(["192.0.2.0/24", "198.51.100.7"], "192.0.2.255")).toBe(true);
  expect(has(["192.0.2.0/24", "198.51.100.7"], "192.0.3.0")).toBe(false);
  expect(has(["192.0.2.0/24", "198.51.100.7"], "198.51.100.7")).toBe(true);
  expect(has(["192.0.2.0/24", "198.51.100.7"], "198.51.100.6")).toBe(false);
  expect(has(["2001:db8::/33"], "2001:db8:7fff::1")).toBe(true);
  expect(has(["2001:db8::/33"], "2001:db8:8000::1")).toBe(false);
  expect(has(["10.1.0.0/16", "10.0.0.0/8"], "10.2.0.1")).toBe(true);
  expect(has(["10.0.0.0/8", "10.1.0.0/16"], "10.2.0.1")).toBe(true);
  assert(
    property(ipV4(), integer({ min: 0, max: 32 }), ipV4(), (base, length, address) => {
      const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
      const size = 2 ** (32 - length);
      const start = Math.floor(number(base) / size) * size;
      const network = `${[24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join(".")}/${length}`;
      expect(has([network], address)).toBe(Math.floor(number(address) / size) * size === start);
    }),
  );
});

test("an invalid network is refused by name", () => {
  for (const text of [
    "10.0.0.1/8",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "::/129",
    "fe80::1%eth0",
    "shop",
    "",
  ]) {
    expect([text, parseCidr(text)]).toEqual([text, null]);
  }
  expect(() => new CidrSet(["10.0.0.1/8"])).toThrow("10.0.0.1/8 is not a network");
});

test("a client's key is its IPv4 address or its IPv6 /64", () => {
  expect(ipKey("::ffff:203.0.113.9")).toBe("203.0.113.9");
  expect(ipKey("2001:db8:1:2::1")).toBe(ipKey("2001:db8:1:2:ffff::9"));
  expect(ipKey("2001:db8:1:2::1")).not.toBe(ipKey("2001:db8:1:3::1"));
  expect(ipKey("unix")).toBe("unix");
  expect(isIpv4([0, 0, 0xffff, 1])).toBe(true);
});
