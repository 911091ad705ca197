import { expect, test } from "bun:test";
import { SignJWT } from "jose";
import { startGateway } from "../support/start-gateway.ts";
import { connect } from "./hub-client.ts";

const secret = "a secret of this test alone, 32 bytes long";
const issuerOf = (name: string) => `https://${name}.invalid`;
const provider = (name: string, fields: object = {}) => ({
  type: "jwt",
  issuer: issuerOf(name),
  audience: "cartway",
  algorithms: ["HS256"],
  secret: { env: "PROVIDER_SECRET" },
  ...fields,
});
const tokenOf = (name: string, scope = ""): Promise<string> =>
  new SignJWT({ scope })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuerOf(name))
    .setAudience("cartway")
    .setSubject("1")
    .setExpirationTime("1 min")
    .sign(new TextEncoder().encode(secret));

test("what is published for a user reaches nobody of another provider who has the same id", async () => {
  const identity = {
    google: provider("google", { subjectPrefix: "google|" }),
    github: provider("github", { subjectPrefix: "github|" }),
  };
  const rooms = { pattern: "orders:{userId}" };
  const endpoints = [{ path: "/ws", authenticate: { with: ["google", "github"] }, rooms }];
  const hub = { endpoints, publish: { with: ["google"] } };
  await using gateway = await startGateway({ identity, hub }, { env: { PROVIDER_SECRET: secret } });
  const open = async (name: string) =>
    connect(`${gateway.url.replace("http", "ws")}/ws`, {
      headers: { authorization: `Bearer ${await tokenOf(name)}` },
    });
  const [ana, eve] = await Promise.all([open("google"), open("github")]);
  expect((await ana.frames.find(({ type }) => type === "welcome")).payload?.["userId"]).toBe("google|1");
  const join = { type: "join_room", id: "j", payload: { room: "orders:google|1" } };
  expect((await ana.ask(join)).type).toBe("ack");
  expect((await eve.ask(join)).error?.code).toBe("forbidden");
  const authorization = `Bearer ${await tokenOf("google", "hub:publish")}`;
  for (const name of ["google", "github"])
    await fetch(`${gateway.url}/hub/publish`, {
      method: "POST",
      headers: { authorization },
      body: JSON.stringify({ channel: `user:${name}|1`, frame: { type: `of_${name}` } }),
    });
  const first = ({ type }: { readonly type: string }) => type.startsWith("of_");
  expect([(await ana.frames.find(first)).type, (await eve.frames.find(first)).type]).toEqual([
    "of_google",
    "of_github",
  ]);
  await Promise.all([ana.close(), eve.close()]);
});
