import { expect, test } from "bun:test";
import { authorityOf } from "./authority-of.ts";
import type { UpstreamTarget } from "./upstream.ts";

test.each<[Omit<UpstreamTarget, "id">, string]>([
  [{ protocol: "http", host: "shop.test", port: 8080 }, "shop.test:8080"],
  [{ protocol: "http", host: "shop.test", port: 80 }, "shop.test"],
  [{ protocol: "https", host: "shop.test", port: 443 }, "shop.test"],
  [{ protocol: "https", host: "shop.test", port: 80 }, "shop.test:80"],
  [{ protocol: "http", host: "::1", port: 3000 }, "[::1]:3000"],
  [{ protocol: "http", host: "::1", port: 80 }, "[::1]"],
  [{ protocol: "https", host: "10.0.0.7", name: "shop.test", port: 443 }, "shop.test"],
  [{ protocol: "http", host: "fd00::2", name: "shop.test", port: 8080 }, "shop.test:8080"],
  [{ protocol: "http", host: "localhost", port: 80, unixPath: "/run/shop.sock" }, "localhost"],
])("a request to %o is for the host %s", (target, host) => {
  expect(authorityOf({ ...target, id: "any" })).toBe(host);
});
