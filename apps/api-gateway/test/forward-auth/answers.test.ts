import { describe, expect, test } from "bun:test";
import { startRawUpstream } from "../support/upstreams/start-raw-upstream.ts";
import { type AskingGateway, letIn, startAsking, userIn } from "./start-asking.ts";

const text = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  new Response("a body", { status, headers });

/** Expects a refusal by the gateway itself: nothing reaches the service, and nothing of the auth service's answer reaches the client. */
async function expectUnavailable(asking: AskingGateway): Promise<void> {
  const response = await asking.get("/private/a", { cookie: "session=secret" });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: "identity_unavailable" } });
  expect(response.headers.getSetCookie()).toEqual([]);
  expect(asking.app.seen.all).toEqual([]);
}

describe("an inconclusive auth response admits nobody:", () => {
  const answers: readonly [name: string, answer: () => Response][] = [
    ["500", () => text(500, { "x-user": "ada", "set-cookie": "a=b" })],
    ["404", () => text(404)],
    ["400", () => text(400)],
    ["429", () => text(429)],
    ["407", () => text(407)],
    ["304", () => new Response(null, { status: 304 })],
    ["300", () => text(300, { location: "https://id.test" })],
    ["a redirection to nowhere", () => text(302)],
    ["200 that names nobody", () => text(200)],
    ["200 with an empty name", () => text(200, { "x-user": " " })],
    ["a name above all bounds", () => text(200, { "x-user": "a".repeat(5000) })],
    ["headers above all bounds", () => text(200, { "x-user": "ada", "x-extra": "a".repeat(13_000) })],
    ["a body above all bounds", () => new Response("x".repeat(70_000), { headers: { "x-user": "ada" } })],
    ["a 403 above all bounds", () => new Response("x".repeat(70_000), { status: 403 })],
  ];
  test.each(answers)("%s", async (_name, answer) => {
    await using asking = await startAsking({ forward: { forwardHeaders: ["x-extra"] } });
    asking.answer = answer;
    await expectUnavailable(asking);
  });

  test("an answer that names nobody is logged with the header that would have named the caller", async () => {
    await using asking = await startAsking();
    asking.answer = () => text(200, { "remote-user": "ada" });
    await expectUnavailable(asking);
    expect(asking.log.text()).toContain("answered 200 and named nobody in x-user");
  });

  const wires: readonly [name: string, wire: string][] = [
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
    ["half a head", "HTTP/1.1 200 OK\r\nx-user: ada\r\n"],
    ["a body that is cut", "HTTP/1.1 200 OK\r\nx-user: ada\r\ncontent-length: 100\r\n\r\nabc"],
    ["two lengths", "HTTP/1.1 200 OK\r\nx-user: ada\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\n"],
    [
      "a name with a line end in it",
      "HTTP/1.1 200 OK\r\nx-user: ada\rx-user-roles: admin\r\ncontent-length: 0\r\n\r\n",
    ],
    ["a name with NUL in it", "HTTP/1.1 200 OK\r\nx-user: ada\0\r\ncontent-length: 0\r\n\r\n"],
    ["two names", "HTTP/1.1 200 OK\r\nx-user: ada\r\nX-User: bob\r\ncontent-length: 0\r\n\r\n"],
    ["nothing", ""],
  ];
  test.each(wires)("%s", async (_name, wire) => {
    await using service = await startRawUpstream((socket) => socket.end(wire, "latin1"));
    await using asking = await startAsking({ authUrl: service.url });
    await expectUnavailable(asking);
  });

  test("an unreachable service", async () => {
    await using asking = await startAsking({ authUrl: "http://127.0.0.1:1" });
    await expectUnavailable(asking);
    expect(await asking.metrics.render()).toContain('cartway_identity_failures_total{identity="sso"} 1');
    expect(JSON.stringify(asking.log.lines)).not.toContain("secret");
  });

  test("a timeout", async () => {
    await using service = await startRawUpstream(() => undefined);
    await using asking = await startAsking({ authUrl: service.url, forward: { timeoutMs: 50 } });
    await expectUnavailable(asking);
  });

  test("too many concurrent questions", async () => {
    await using asking = await startAsking({ forward: { questionsMax: 1 } });
    const held = Promise.withResolvers<Response>();
    asking.answer = () => held.promise;
    const first = asking.get("/private/a");
    await asking.auth.seen.atLeast(1);
    expect((await asking.get("/private/b")).status).toBe(503);
    held.resolve(letIn("ada"));
    expect((await first).status).toBe(200);
  });

  test("an open breaker, without calling the service", async () => {
    const breaker = { service: { failuresInARow: 2, openMs: 60_000 } };
    await using asking = await startAsking({ authService: { breaker } });
    asking.answer = () => text(500);
    for (let count = 0; count < 4; count += 1) await expectUnavailable(asking);
    expect(asking.auth.seen.all.length).toBeLessThan(4);
  });
});

test("a name in another alphabet is forwarded escaped, and adds no header or role", async () => {
  await using asking = await startAsking({
    forward: { headers: { subject: "x-user", roles: "x-groups", roleMap: { ops: "operator" } } },
  });
  asking.answer = () => letIn(Buffer.from("Zoë, admin").toString("latin1"), { "x-groups": "ops, admin ,," });
  const told: unknown = await (await asking.get("/private/a")).json();
  expect(told).toMatchObject({ "x-user-id": "Zo%C3%AB%2C%20admin", "x-user-roles": "operator" });
});

test("callers admitted without a name get the configured one", async () => {
  await using asking = await startAsking({ forward: { nameless: "guest" } });
  asking.answer = () => new Response(null, { status: 204 });
  expect(await userIn(await asking.get("/private/a"))).toBe("guest");
});

test("the client gets the selected headers of a refusal, and the service nothing", async () => {
  await using asking = await startAsking({
    forward: { noticeHeaders: ["x-why"], forwardHeaders: ["x-other"] },
  });
  asking.answer = () => text(403, { "x-why": "because", "set-cookie": "a=b", "x-other": "internal" });
  const response = await asking.get("/private/a");
  expect([response.status, response.headers.get("x-why"), response.headers.get("x-other")]).toEqual([
    403,
    "because",
    null,
  ]);
  expect(response.headers.getSetCookie()).toEqual([]);
  expect(asking.app.seen.all).toEqual([]);
});

test("if anonymous callers are allowed, missing credentials are accepted and wrong ones refused", async () => {
  await using asking = await startAsking();
  asking.answer = () => text(401);
  const anonymous = await asking.get("/open/a");
  expect(anonymous.status).toBe(200);
  expect(await userIn(anonymous)).toBeUndefined();
  expect((await asking.get("/open/a", { authorization: "Bearer x" })).status).toBe(401);
  asking.answer = () => text(403);
  expect((await asking.get("/open/a")).status).toBe(403);
  asking.answer = () => text(500);
  expect((await asking.get("/open/a")).status).toBe(503);
});

test("a refused caller with credentials is reported once, without them; one without is not reported", async () => {
  await using asking = await startAsking();
  asking.answer = () => text(401);
  const events = async () =>
    (await asking.metrics.render())
      .split("\n")
      .filter((line) => line.startsWith("cartway_security_events_total{"));
  await asking.get("/private/a");
  expect(await events()).toEqual([]);
  await asking.get("/private/a", { cookie: "session=topsecret" });
  expect(await events()).toEqual([
    'cartway_security_events_total{kind="credentials_rejected",route="private",reason="turned_away"} 1',
  ]);
  expect(JSON.stringify(asking.log.lines)).toContain('"security":"credentials_rejected"');
  expect(JSON.stringify(asking.log.lines)).not.toContain("topsecret");
});

test("a 403 of the auth service is counted as the policy's answer, and recorded", async () => {
  await using asking = await startAsking();
  asking.answer = () => text(403);
  await asking.get("/private/a", { cookie: "session=x" });
  const metrics = await asking.metrics.render();
  expect(metrics).toContain(
    'cartway_policy_decisions_total{policy="authenticate",route="private",outcome="answered"} 1',
  );
  expect(metrics).toContain('{kind="access_denied",route="private",reason="turned_away"} 1');
});
