import { expect, test } from "bun:test";
import { signWithSecret } from "@libs/auth/testing";
import { createTemporaryDirectory } from "@libs/testing";
import { connect } from "../../test/hub/hub-client.ts";
import { checkedConfig, startGateway } from "../../test/support/start-gateway.ts";

const [stolen, fresh] = ["s".repeat(32), "f".repeat(32)];
const token = signWithSecret(Buffer.from(stolen), { iss: "i", aud: "a", sub: "ana", exp: 9_999_999_999 });

test("a reload that changes an identity or its secret closes the connections it authenticated, and no others", async () => {
  await using directory = await createTemporaryDirectory();
  const file = directory.file("secret");
  await Bun.write(file, stolen);
  const jwt = { type: "jwt", issuer: "i", audience: "a", algorithms: ["HS256"], subjectPrefix: "" };
  const config = (audience: string) => ({
    identity: {
      shop: { ...jwt, secret: { file } },
      other: { ...jwt, issuer: "o", audience, secret: { file: directory.file("other") } },
    },
    hub: { endpoints: [{ path: "/ws", authenticate: { with: ["shop", "other"], anonymous: true } }] },
  });
  await Bun.write(directory.file("other"), fresh);
  await using gateway = await startGateway(config("a"));
  const url = `${gateway.url.replace("http", "ws")}/ws`;
  const as = (credential: string) => connect(url, { headers: { authorization: `Bearer ${credential}` } });
  const [ana, nobody] = [await as(token), await connect(url)];
  const ofOther = { iss: "o", aud: "a", sub: "ben", exp: 9_999_999_999 };
  const ben = await as(signWithSecret(Buffer.from(fresh), ofOther));
  const reload = (audience: string) => gateway.gateway.reload(checkedConfig(config(audience)));

  await reload("a");
  for (const client of [ana, ben, nobody])
    expect((await client.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");

  const headers = { authorization: `Bearer ${token}` };
  const issued = await fetch(`${gateway.url}/auth/ws-ticket`, { method: "POST", headers });
  const { ticket } = (await issued.json()) as { ticket: string };
  await Bun.write(file, fresh);
  await reload("a");
  const late = await fetch(`${gateway.url}/ws/poll?ticket=${ticket}`, { method: "POST" });
  expect(late.status).toBe(401);
  expect((await ana.closed).code).toBe(3011);
  for (const client of [ben, nobody])
    expect((await client.ask({ type: "heartbeat", id: "h-2" })).type).toBe("ack");

  await reload("b");
  expect((await ben.closed).code).toBe(3011);
  expect((await nobody.ask({ type: "heartbeat", id: "h-3" })).type).toBe("ack");
});

test("a reload that only lists an identity's settings in another order closes no connection", async () => {
  await using directory = await createTemporaryDirectory();
  const secret = { file: directory.file("secret") };
  await Bun.write(secret.file, stolen);
  const jwt = { issuer: "i", audience: "a", algorithms: ["HS256"], subjectPrefix: "" };
  const config = (shop: object) => ({
    identity: { shop },
    hub: { endpoints: [{ path: "/ws", authenticate: { with: ["shop"] } }] },
  });
  await using gateway = await startGateway(config({ type: "jwt", ...jwt, secret }));
  const url = `${gateway.url.replace("http", "ws")}/ws`;
  const ana = await connect(url, { headers: { authorization: `Bearer ${token}` } });
  await gateway.gateway.reload(checkedConfig(config({ secret, ...jwt, type: "jwt" })));
  expect((await ana.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
});
