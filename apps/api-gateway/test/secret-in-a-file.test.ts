import { expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, freePort, spawnScript, waitUntil } from "@libs/testing";

test("the secret of the fleet's customers can stand in a file", async () => {
  await using directory = await createTemporaryDirectory();
  const customers = { type: "jwt", issuer: "customers", audience: "shop", algorithms: ["HS256"] };
  const identity = { customers: { ...customers, secret: { env: "CUSTOMER_JWT_SECRET" } } };
  await Bun.write(directory.file("gateway.json"), JSON.stringify({ version: 1, identity }));
  await Bun.write(directory.file("secret"), "a secret of 32 characters or more\n");
  const port = await freePort();
  const args = ["--config", directory.file("gateway.json"), "--port", String(port), "--no-admin"];
  const env = { PATH: process.env["PATH"], CUSTOMER_JWT_SECRET_FILE: directory.file("secret") };
  await using gateway = spawnScript(join(import.meta.dir, "../src/main.ts"), args, { env });
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  await waitUntil(isReady, { timeoutMs: 20_000, what: "the gateway to be ready" });
  gateway.kill();
  expect(await gateway.exited).toBe(0);
}, 30_000);
