import { afterAll, describe, expect, test } from "bun:test";
import { startEventService } from "../../../test/hub/event-service.ts";
import { connect } from "../../../test/hub/hub-client.ts";
import { principalOf, startHub } from "../../../test/hub/start-hub.ts";

const service = startEventService();
const batch = { max: 100, waitMs: 2 };
const path = "/events";
const fixture = startHub({
  services: { orders: service.url },
  hub: {
    endpoints: [
      {
        path: "/ws",
        authenticate: { with: ["platform"], anonymous: true },
        messages: {
          single: { service: "orders", path },
          batched: { service: "orders", path, batch, callerField: "caller", userIdField: "shopperId" },
        },
      },
    ],
  },
  /** Tokens are `<subject>.<login>`. */
  authenticate(token) {
    const [subject = "", sessionId = ""] = token.split(".");
    const more = { sessionId, tenantId: "t-1", roles: ["a, b", "c"], scopes: ["carts:read"] };
    return { outcome: "authenticated", principal: principalOf(subject, more) };
  },
});
afterAll(async () => {
  await fixture.stop();
  await service.stop();
});

const as = (token: string) => connect(`${fixture.url}/ws`, { headers: { authorization: `Bearer ${token}` } });
const forged = { caller: { userId: "mallory" }, shopperId: "mallory" };
const callOf = (id: string) =>
  service.calls.find(({ elements }) => elements.some((element) => element["id"] === id));

describe("the sender's identity reaches the service", () => {
  test("in the same headers as on routes, in a call for one frame", async () => {
    const client = await as("ana.login-1");
    await client.ask({ type: "single", id: "s-1", payload: {} });
    const { headers } = await callOf("s-1");
    const told = [...headers].filter(([name]) => /^x-(user|auth|tenant|session|device)/.test(name));
    expect(Object.fromEntries(told)).toEqual({
      "x-user-id": "ana",
      "x-user-roles": "a%2C%20b,c",
      "x-user-scopes": "carts:read",
      "x-tenant-id": "t-1",
      "x-auth-method": "jwt",
      "x-session-id": "login-1",
    });
    await client.close();
  });

  test("in a field of each element, in a call for several frames, which clients cannot set", async () => {
    const clients = [await as("ana.login-1"), await as("ben.login-2"), await connect(`${fixture.url}/ws`)];
    await Promise.all(
      clients.map((client, index) =>
        client.ask({ type: "batched", id: `b-${index}`, payload: { ...forged } }),
      ),
    );
    const elements = await Promise.all(
      clients.map(async (_client, index) => {
        const { elements: all, headers } = await callOf(`b-${index}`);
        expect(headers.get("x-user-id")).toBeNull();
        return all.find(({ id }) => id === `b-${index}`);
      }),
    );
    const known = { authMethod: "jwt", roles: ["a, b", "c"], scopes: ["carts:read"], tenantId: "t-1" };
    expect(elements).toEqual([
      { id: "b-0", shopperId: "ana", caller: { ...known, userId: "ana", sessionId: "login-1" } },
      { id: "b-1", shopperId: "ben", caller: { ...known, userId: "ben", sessionId: "login-2" } },
      { id: "b-2", caller: null },
    ]);
    await Promise.all(clients.map((client) => client.close()));
  });

  test("and does not count as payload: the same frame under another login is not a conflict", async () => {
    const frame = { type: "batched", id: "again", payload: { total: 7 } };
    for (const token of ["ana.login-1", "ana.login-2"]) {
      const client = await as(token);
      expect((await client.ask(frame)).type).toBe("ack");
      await client.close();
    }
  });

  test("also with an empty payload", async () => {
    const client = await as("ana.login-1");
    client.send({ type: "batched", payload: {} });
    const call = await service.calls.find(({ elements }) => elements.some(({ id }) => id === undefined));
    expect(call.elements[0]).toMatchObject({ shopperId: "ana", caller: { userId: "ana" } });
    await client.close();
  });
});
