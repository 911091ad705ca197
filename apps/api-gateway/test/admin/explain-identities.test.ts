import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { basicOf, hashOf } from "../basic/start-basic.ts";
import { letIn } from "../forward-auth/start-asking.ts";
import { checkedConfig, serviceAt } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";
import { createOfflineSnapshot } from "../../src/explain/offline-snapshot.ts";
import { explainRequest } from "../../src/explain/explain-request.ts";
import { type AdminGateway, startAdminGateway } from "./start-admin.ts";

const auth = startUpstream(() => letIn("ada"));
const app = startUpstream();
const route = (id: string, ...names: readonly string[]) => ({
  id,
  match: { path: `/${id}` },
  service: "app",
  policies: [{ type: "authenticate", with: names }],
});
const env: Record<string, string> = {};
const config = {
  services: { auth: serviceAt(auth.url), app: serviceAt(app.url) },
  identity: {
    sso: { type: "forward", service: "auth", path: "/check?full=1", headers: { subject: "x-user" } },
    lasting: {
      type: "forward",
      service: "auth",
      path: "/check",
      headers: { subject: "x-user" },
      cacheMs: 60_000,
    },
    staff: { type: "basic", users: { ada: { hash: { env: "HASH" } } } },
  },
  routes: [
    route("asked", "sso"),
    route("remembered", "lasting"),
    route("staff", "staff"),
    route("both", "staff", "sso"),
  ],
};
let admin: AdminGateway;
beforeAll(async () => {
  env["HASH"] = await hashOf("lovelace-7");
  admin = await startAdminGateway(config, { env });
});
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

type Fields = Readonly<Record<string, string>>;
async function explain(path: string, headers: Fields = {}, caller: object | null = null) {
  const { body } = await admin.ask("POST", "/explain", {
    method: "GET",
    url: admin.url + path,
    headers: Object.entries(headers),
    caller,
  });
  return body;
}
const secret = { accept: "*/*", cookie: "session=hush", "user-agent": "test", "x-other": "1" };

describe("explaining a caller that a service would identify", () => {
  test("reports the question, its service and the names of what would be sent; nothing is sent", async () => {
    const before = auth.seen.all.length;
    const explained = await explain("/asked", secret);
    expect(explained.policies[0]).toMatchObject({
      verdict: "refuse",
      inputs: {
        identity: "sso",
        reason: "unasked",
        asks: "GET /check of auth with accept, cookie, user-agent",
      },
      status: 503,
    });
    expect(JSON.stringify(explained)).not.toContain("hush");
    expect(auth.seen.all.length).toBe(before);
    expect(app.seen.all.every(({ path }) => path !== "/asked")).toBe(true);
  });

  test("uses a cached answer without asking again", async () => {
    expect((await explain("/remembered", secret)).policies[0]).toMatchObject({ verdict: "refuse" });
    expect((await fetch(`${admin.url}/remembered`, { headers: secret })).status).toBe(200);
    const before = auth.seen.all.length;
    expect((await explain("/remembered", secret)).policies[0]).toMatchObject({
      verdict: "pass",
      inputs: { identity: "lasting", subject: "ada" },
    });
    expect(auth.seen.all.length).toBe(before);
  });

  test("uses an assumed caller", async () => {
    const explained = await explain("/asked", {}, { subject: "bob", roles: [], scopes: [], tenantId: null });
    expect(explained.ending).toEqual({ kind: "sent", service: "app" });
  });

  test("is undecided without a running gateway, too", async () => {
    const offline = createOfflineSnapshot(checkedConfig(config), env);
    const before = auth.seen.all.length;
    const { policies } = await explainRequest(offline.snapshot, {
      method: "GET",
      url: "http://localhost/asked",
      headers: [],
      peerIp: "127.0.0.1",
      caller: null,
    });
    expect(policies[0]).toMatchObject({ inputs: { asks: "GET /check of auth" } });
    expect(auth.seen.all.length).toBe(before);
    await offline.snapshot.retire();
  });
});

describe("explaining a caller with a password", () => {
  test("verifies it, and distinguishes a wrong password from none", async () => {
    const verdictOf = async (path: string, credentials: string | null) => {
      const headers: Fields = credentials === null ? {} : { authorization: basicOf(credentials) };
      const [{ verdict, inputs, status }] = (await explain(path, headers)).policies;
      return [verdict, inputs.subject ?? inputs.reason, status];
    };
    expect(await verdictOf("/staff", "ada:lovelace-7")).toEqual(["pass", "ada", undefined]);
    expect(await verdictOf("/staff", "ada:wrong")).toEqual(["refuse", "invalid_credentials", 401]);
    expect(await verdictOf("/staff", null)).toEqual(["refuse", "absent", 401]);
    // the first that knows the caller decides, so nobody else would be asked
    expect(await verdictOf("/both", "ada:lovelace-7")).toEqual(["pass", "ada", undefined]);
    expect(await verdictOf("/both", "ada:wrong")).toEqual(["refuse", "unasked", 503]);
  });

  test("is throttled like a login: explain does not help guessing", async () => {
    const headers = { authorization: basicOf("eve:guess") };
    const verdicts: unknown[] = [];
    for (let time = 0; time < 20; time += 1)
      verdicts.push((await explain("/staff", headers)).policies[0].inputs.reason);
    expect(verdicts.at(-1)).toBe("throttled");
    const there = await fetch(`${admin.url}/staff`, { headers });
    expect(there.status).toBe(429);
  });
});
