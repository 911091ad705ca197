import { expect, test } from "bun:test";
import type { NetworkInterfaceInfo } from "node:os";
import { ownFamilies } from "./own-families.ts";

function withAddresses(...addresses: readonly string[]) {
  const infos = addresses.map((address) => ({
    address,
    family: address.includes(":") ? "IPv6" : "IPv4",
    internal: address === "127.0.0.1" || address === "::1",
  }));
  return { eth0: infos as NetworkInterfaceInfo[] };
}

test.each([
  ["IPv4 with loopback and link-local IPv6", [4], ["127.0.0.1", "::1", "10.0.0.2", "fe80::1"]],
  ["IPv6 with link-local IPv4", [6], ["169.254.1.1", "fd00::2"]],
  ["both with both", [4, 6], ["10.0.0.2", "2001:db8::2"]],
  ["both with loopback addresses only", [4, 6], ["127.0.0.1", "::1"]],
] as const)("a machine connects to %s", (_what, families, addresses) => {
  expect(ownFamilies(withAddresses(...addresses))).toEqual([...families]);
});
