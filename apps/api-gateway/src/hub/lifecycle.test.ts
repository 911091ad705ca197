import { afterEach, describe, expect, test } from "bun:test";
import { createManualClock, waitUntil } from "@libs/testing";
import { startEventService } from "../../test/hub/event-service.ts";
import { connect } from "../../test/hub/hub-client.ts";
import { type HubFixture, principalOf, startHub, type StartHubOptions } from "../../test/hub/start-hub.ts";
import { sweep } from "./connections/sweep.ts";
import { controlAnywhere } from "./control.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const endpoint = {
  path: "/ws",
  authenticate: { with: ["platform"], anonymous: true },
  messages: { cart_event: { service: "ingestion", path: "/events", batch: { max: 10, waitMs: 1 } } },
  rooms: { pattern: "lobby:{any}" },
};

function start(
  hub: object = {},
  more: Partial<StartHubOptions> = {},
): HubFixture & { service: ReturnType<typeof startEventService> } {
  const service = startEventService();
  const fixture = startHub({
    hub: { endpoints: [endpoint], ...hub },
    services: { ingestion: service.url },
    ...more,
  });
  stops.push(async () => {
    await fixture.stop();
    await service.stop();
  });
  return { ...fixture, service };
}
const ana = { headers: { authorization: "Bearer user-ana" } };

describe("a credential", () => {
  const expiring = (now: () => number) => (token: string) => {
    const [subject = "", lifeMs = "0"] = token.split(".");
    const principal = principalOf(subject, { expiresAt: now() + Number(lifeMs) });
    return { outcome: "authenticated", principal } as const;
  };

  test("that expires closes its connection with 3005, unless it was renewed before", async () => {
    const clock = createManualClock();
    const fixture = start({}, { now: clock.now, authenticate: expiring(clock.now) });
    const stays = await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer ana.1000" } });
    const goes = await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer ana.1000" } });
    expect((await goes.frames.next()).payload?.["expiresAt"]).toBe(clock.now() + 1000);
    expect((await stays.ask({ type: "reauth", id: "r-1", payload: { token: "ana.5000" } })).type).toBe("ack");
    expect((await stays.frames.find((frame) => frame.type === "reauth")).payload).toEqual({
      expiresAt: clock.now() + 5000,
      expiresInMs: 5000,
    });
    await clock.advance(1001);
    sweep(fixture.hub.context);
    expect((await goes.closed).code).toBe(3005);
    expect((await stays.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  });

  test("that has expired neither opens nor renews a connection, whatever clock tolerance its identity has", async () => {
    const clock = createManualClock();
    const fixture = start({}, { now: clock.now, authenticate: expiring(clock.now) });
    const client = await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer ana.1000" } });
    const answer = await client.ask({ type: "reauth", id: "r", payload: { token: "ana.-1" } });
    expect(answer.error?.code).toBe("invalid_token");
    const headers = { upgrade: "websocket", connection: "upgrade", authorization: "Bearer ana.-1" };
    const refusal = await fetch(`${fixture.http}/ws`, { headers });
    expect(refusal.status).toBe(401);
    expect(await refusal.json()).toMatchObject({ error: { message: "The token has expired." } });
    await client.close();
  });

  test("that is missing, invalid or another user's does not renew a connection", async () => {
    const fixture = start(
      {},
      {
        authenticate: (token) =>
          token === "bad"
            ? { outcome: "rejected", identity: "platform", reason: "" }
            : { outcome: "authenticated", principal: principalOf(token) },
      },
    );
    const client = await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer ana" } });
    const codes = [];
    for (const payload of [
      { token: "ben" },
      { token: "bad" },
      { ticket: "x" },
      {},
      { token: "a", ticket: "b" },
    ]) {
      codes.push((await client.ask({ type: "reauth", id: crypto.randomUUID(), payload })).error?.code);
    }
    expect(codes).toEqual([
      "forbidden",
      "invalid_token",
      "invalid_token",
      "validation_failed",
      "validation_failed",
    ]);
  });

  test("of the same user in another tenant does not renew a connection", async () => {
    const authenticate = (tenantId: string) =>
      ({ outcome: "authenticated", principal: principalOf("ana", { tenantId }) }) as const;
    const fixture = start({}, { authenticate });
    const client = await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer first" } });
    const renew = (id: string, token: string) => client.ask({ type: "reauth", id, payload: { token } });
    expect((await renew("r-1", "second")).error?.code).toBe("forbidden");
    expect((await renew("r-2", "first")).type).toBe("ack");
  });

  test("can be renewed by a ticket", async () => {
    const fixture = start();
    const client = await connect(`${fixture.url}/ws`, ana);
    const { ticket } = await fixture.hub.context.tickets.issue(
      principalOf("ana", { sessionId: "other-login" }),
    );
    expect((await client.ask({ type: "reauth", id: "r", payload: { ticket } })).type).toBe("ack");
    fixture.revoke({ kind: "login", id: "other-login" });
    expect((await client.closed).code).toBe(3507);
  });
});

describe("a revoked session", () => {
  test("closes its connections with 3507, and no others", async () => {
    const fixture = start();
    const [revoked, other] = [
      await connect(`${fixture.url}/ws`, ana),
      await connect(`${fixture.url}/ws`, { headers: { authorization: "Bearer user-ben" } }),
    ];
    fixture.revoke({ kind: "login", id: "login-ana" });
    expect((await revoked.closed).code).toBe(3507);
    expect((await other.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
  });

  test("closes with 3005, which asks for a fresh token, if all tokens of its user were revoked", async () => {
    const fixture = start();
    const client = await connect(`${fixture.url}/ws`, ana);
    fixture.revoke({ kind: "user", id: "ana" });
    expect((await client.closed).code).toBe(3005);
  });
});

describe("an operator", () => {
  test("can close or write to one connection on any instance", async () => {
    const fixture = start();
    const client = await connect(`${fixture.url}/ws`);
    const id = String((await client.frames.next()).payload?.["connectionId"]);
    const target = { by: "connection", id } as const;
    await waitUntil(() => fixture.hub.start().then(() => true));
    await controlAnywhere(fixture.hub.context, { act: "send", target, text: '{"type":"notice"}' });
    await client.frames.find((frame) => frame.type === "notice");
    await controlAnywhere(fixture.hub.context, {
      act: "close",
      target: { by: "connection", id: "nobody" },
      reason: "closedByOperator",
    });
    for (const text of [
      "{}",
      "7",
      '{"act":"close","target":{"by":"x"}}',
      '{"act":"close","target":{"by":"user","id":"a"},"reason":"toString"}',
    ]) {
      await fixture.hub.context.broker.publish("hub:control", text, { history: null });
    }
    await controlAnywhere(fixture.hub.context, { act: "close", target, reason: "closedByOperator" });
    expect(await client.closed).toEqual({ code: 3503, reason: "closedByOperator" });
  });
});

describe("a drain", () => {
  test("answers pending frames, refuses new ones, and closes connections with a hint when to reconnect", async () => {
    const fixture = start({ drain: { spreadMs: 60, answerMs: 5000 } });
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect(`${fixture.url}/ws`)));
    const held = Promise.withResolvers<Response>();
    fixture.service.respond(() => held.promise);
    clients[0]?.send({ type: "cart_event", id: "before", payload: {} });
    await fixture.service.calls.next();
    const drained = fixture.hub.drain();
    expect((await clients[1]?.ask({ type: "cart_event", id: "after", payload: {} }))?.error).toMatchObject({
      code: "shutting_down",
      retryable: true,
    });
    const refused = await fetch(`${fixture.http}/ws`, {
      headers: { upgrade: "websocket", connection: "upgrade" },
    });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    held.resolve(Response.json({ accepted: 1, duplicates: 0, rejected: [] }));
    expect((await clients[0]?.answer("before"))?.type).toBe("ack");
    await drained;
    const hints = [];
    for (const client of clients) {
      expect(await client.closed).toEqual({ code: 3001, reason: "shutdown" });
      hints.push(Number(client.frames.all.find((frame) => frame.type === "reconnect")?.payload?.["afterMs"]));
    }
    expect(hints.every((afterMs) => afterMs >= 0 && afterMs <= 60)).toBe(true);
    expect(new Set(hints).size).toBeGreaterThan(1);
  });

  test("does not wait for a service beyond its deadline", async () => {
    const fixture = start({ drain: { spreadMs: 0, answerMs: 30 } });
    const client = await connect(`${fixture.url}/ws`);
    fixture.service.respond(() => new Promise<Response>(() => {}));
    client.send({ type: "cart_event", id: "never", payload: {} });
    await fixture.service.calls.next();
    await fixture.hub.drain();
    expect((await client.closed).code).toBe(3001);
  });
});

describe("a reload", () => {
  test("changes what connections may do without closing them", async () => {
    const fixture = start();
    const client = await connect(`${fixture.url}/ws`);
    expect((await client.ask({ type: "new_event", id: "n-1", payload: {} })).error?.code).toBe(
      "unknown_message_type",
    );
    const messages = { ...endpoint.messages, new_event: { service: "ingestion", path: "/new" } };
    for (let round = 0; round < 50; round++) fixture.reload({ endpoints: [{ ...endpoint, messages }] });
    expect((await client.ask({ type: "new_event", id: "n-2", payload: {} })).type).toBe("ack");
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("closes with 3011 only connections that the new config would refuse", async () => {
    const fixture = start({ endpoints: [endpoint, { ...endpoint, path: "/gone" }] });
    const [known, nobody, gone] = [
      await connect(`${fixture.url}/ws`, ana),
      await connect(`${fixture.url}/ws`),
      await connect(`${fixture.url}/gone`),
    ];
    fixture.reload({ endpoints: [{ ...endpoint, authenticate: { with: ["platform"] } }] });
    expect((await nobody.closed).code).toBe(3011);
    expect((await gone.closed).code).toBe(3011);
    expect((await known.ask({ type: "heartbeat", id: "h" })).type).toBe("ack");
    expect((await fetch(`${fixture.http}/gone`)).status).toBe(404);
  });

  test("that cannot be compiled changes nothing", async () => {
    const fixture = start();
    const client = await connect(`${fixture.url}/ws`);
    const broken = { endpoints: [{ ...endpoint, rooms: { pattern: "{nonsense}" } }] };
    expect(() => fixture.reload(broken)).toThrow("{nonsense}");
    expect((await client.ask({ type: "cart_event", id: "e", payload: {} })).type).toBe("ack");
  });
});

describe("a session", () => {
  test("is reported as left once, when its lease expires, not when its socket closes", async () => {
    const clock = createManualClock();
    const { createMemoryBroker } = await import("@libs/messaging");
    const broker = createMemoryBroker({ now: clock.now });
    const sessions = { leaseMs: 10_000, left: { service: "ingestion", path: "/left" } };
    const fixture = start({ sessions }, { now: clock.now, broker });
    const { sessions: known } = fixture.hub.context;
    const client = await connect(`${fixture.url}/ws`);
    await client.ask({ type: "heartbeat", id: "h", sessionId: "session-of-a-shopper" });
    await clock.advance(20_000);
    await known.tick();
    await client.close();
    await waitUntil(() => known.size === 0);
    await clock.advance(9000);
    await known.tick();
    expect(fixture.service.calls.all).toEqual([]);
    const back = await connect(`${fixture.url}/ws`);
    await back.ask({ type: "heartbeat", id: "h", sessionId: "session-of-a-shopper" });
    await back.close();
    await waitUntil(() => known.size === 0);
    await clock.advance(10_001);
    fixture.service.respond(() => new Response("", { status: 500 }));
    expect(known.tick()).rejects.toMatchObject({ retryable: true });
    await fixture.service.calls.atLeast(1);
    fixture.service.respond(null);
    await clock.advance(10_001);
    await known.tick();
    await clock.advance(60_000);
    await known.tick();
    const told = fixture.service.calls.all.flatMap(({ elements }) => elements);
    expect(told.length).toBe(2);
    expect(told[0]).toEqual(told[1] ?? {});
    expect(told[0]).toMatchObject({
      type: "session_left",
      sessionId: "session-of-a-shopper",
      id: expect.stringMatching(/^left-/),
    });
  });
});
