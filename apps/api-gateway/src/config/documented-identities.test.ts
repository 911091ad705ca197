import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse } from "yaml";
import { checkConfig } from "./check-config.ts";

test("every config that the documentation shows is one that the gateway takes", async () => {
  const page = await Bun.file(join(import.meta.dir, "../../../../docs/identity-and-limits.md")).text();
  const [identities = "", shapes = "", signIn = "", access = "", limit = ""] = [
    ...page.matchAll(/```yaml\n([\s\S]*?)```/g),
  ].map((block) => block[1]);
  const identity = { ...parse(identities).identity, ...parse(shapes).identity };
  const fleet = { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:3004" }] } };
  const server = { trustedProxies: ["10.0.0.0/8"] };
  const config = { version: 1, server, services: { fleet }, identity, ...parse(signIn) };
  expect(Object.keys(identity).length).toBe(11);
  expect(checkConfig({ ...config, ...parse(access) })).toMatchObject({ ok: true });
  const others = [{ type: "respond" }, { type: "authenticate", with: ["partners"] }];
  const routes = [{ id: "r", match: { path: "/" }, policies: [...others, ...parse(limit)] }];
  expect(checkConfig({ ...config, routes })).toMatchObject({ ok: true });
});
