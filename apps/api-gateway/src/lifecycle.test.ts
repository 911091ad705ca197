import { expect, test } from "bun:test";
import { createMemoryLogger } from "@libs/monitoring";
import { createEventLog, createTemporaryDirectory } from "@libs/testing";
import type { GatewayConfig } from "./config/schema.ts";
import { reloadOnChange } from "./lifecycle.ts";

test("a changed file and SIGHUP reload the config; one that cannot be used is refused, logged and counted", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("gateway.yaml");
  const configOf = (body: string) =>
    `version: 1\nroutes:\n  - { id: a, match: { path: /a }, policies: [{ type: respond, body: ${body} }] }\n`;
  await Bun.write(file, configOf("one"));
  const reloads = createEventLog<GatewayConfig>();
  const refusals = createEventLog<true>();
  const log = createMemoryLogger();
  const gateway = {
    async reload(config: GatewayConfig) {
      reloads.push(config);
    },
    reloadFailed: () => refusals.push(true),
  };
  const end = reloadOnChange({ file }, gateway, log.logger);
  await Bun.write(file, configOf("two"));
  expect((await reloads.next()).routes[0]?.policies[0]).toMatchObject({ body: "two" });
  process.emit("SIGHUP", "SIGHUP");
  expect((await reloads.next()).routes[0]?.policies[0]).toMatchObject({ body: "two" });
  await Bun.write(file, "version: 9\n");
  await refusals.atLeast(1);
  expect(log.text()).toContain("/version: 9 does not fit");
  await end();
});
