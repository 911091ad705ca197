import { expect, test } from "bun:test";
import { parse } from "yaml";
import { checkedConfig } from "../../test/support/start-gateway.ts";
import { printConfig } from "./print-config.ts";

test("the effective config is printed with defaults, and values from an overlay are marked with its file", () => {
  const config = checkedConfig({
    services: { shop: { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } } },
    routes: [{ id: "a", match: { path: "/a~b/*" }, service: "shop" }],
  });
  const text = printConfig(
    config,
    new Map([
      ["/routes/0/match/path", "/etc/gateway.prod.yaml"],
      ["/services/shop/timeouts/connectMs", "/etc/gateway.prod.yaml"],
      ["/nowhere", "/etc/gateway.prod.yaml"],
    ]),
  );
  expect(parse(text)).toEqual(JSON.parse(JSON.stringify(config)));
  expect(text).toContain("path: /a~b/* # gateway.prod.yaml");
  expect(text).toContain("connectMs: 1000 # gateway.prod.yaml");
  expect(text.match(/# gateway/g)).toHaveLength(2);
});
