import { expect, test } from "bun:test";
import { SignJWT } from "jose";
import { startGateway } from "../support/start-gateway.ts";

const secret = "a secret of this test alone, 32 bytes long";
const config = {
  identity: {
    staff: {
      type: "jwt",
      issuer: "https://staff.invalid",
      audience: "cartway",
      algorithms: ["HS256"],
      secret: { env: "STAFF_SECRET" },
      claims: { roles: "roles" },
    },
  },
  roles: {
    service: { permissions: ["hub:publish"] },
    admin: { permissions: ["users:manage"], inherits: ["service"] },
    viewer: { permissions: ["carts:read"] },
  },
  hub: { endpoints: [{ path: "/ws", authenticate: { anonymous: true } }], publish: { with: ["staff"] } },
};

const tokenOf = (claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("https://staff.invalid")
    .setAudience("cartway")
    .setSubject("somebody")
    .setExpirationTime("1 min")
    .sign(new TextEncoder().encode(secret));

test.each([
  ["a role that has the permission may publish", { roles: ["service"] }, 200],
  ["a role that inherits it may publish", { roles: ["admin"] }, 200],
  ["the scope of that name may publish", { scope: "hub:publish" }, 200],
  ["another role may not publish", { roles: ["viewer"] }, 403],
  ["a role that nobody defined may not publish", { roles: ["publisher"] }, 403],
])("%s", async (_name, claims, status) => {
  await using gateway = await startGateway(config, { env: { STAFF_SECRET: secret } });
  const response = await fetch(`${gateway.url}/hub/publish`, {
    method: "POST",
    headers: { authorization: `Bearer ${await tokenOf(claims)}` },
    body: JSON.stringify({ channel: "room:lobby", frame: { type: "hello" } }),
  });
  expect(response.status).toBe(status);
});
