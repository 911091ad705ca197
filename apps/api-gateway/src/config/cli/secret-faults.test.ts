import { expect, test } from "bun:test";
import { makeCertificate } from "../../../test/support/tls/make-certificate.ts";
import { checkedConfig } from "../../../test/support/start-gateway.ts";
import { secretFaults } from "./secret-faults.ts";

const hmac = (name: string) => ({
  type: "jwt",
  issuer: "x",
  audience: "x",
  algorithms: ["HS256"],
  secret: { env: name },
});

const listening = checkedConfig({
  server: { tls: { certificates: [{ cert: { env: "CERT" }, key: { env: "KEY" } }] } },
  routes: [{ id: "r", match: { path: "/" }, policies: [{ type: "respond" }] }],
});

test("a certificate with its own key is no fault, one with the key of another is", async () => {
  const [one, other] = [await makeCertificate("one.test"), await makeCertificate("other.test")];
  expect(await secretFaults(listening, { env: { CERT: one.cert, KEY: one.key } })).toEqual([]);
  expect(await secretFaults(listening, { env: { CERT: one.cert, KEY: other.key } })).toEqual([
    { path: "/server/tls", message: expect.stringContaining("key") },
  ]);
});

test("a secret that is too short is a fault of its identity; what is not set here is none", async () => {
  const config = checkedConfig({
    identity: { short: hmac("SHORT"), long: hmac("LONG"), unset: hmac("UNSET") },
    routes: [
      {
        id: "r",
        match: { path: "/" },
        policies: [{ type: "authenticate", with: ["long"] }, { type: "respond" }],
      },
    ],
  });
  const env = { SHORT: "short", LONG: "l".repeat(32) };
  expect(await secretFaults(config, { env })).toEqual([
    { path: "/identity/short", message: expect.stringContaining("too short") },
  ]);
  expect(await secretFaults(listening, { env })).toEqual([]);
});
