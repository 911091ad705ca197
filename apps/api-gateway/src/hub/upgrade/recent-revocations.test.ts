import { afterEach, describe, expect, test } from "bun:test";
import { disconnect } from "@libs/messaging";
import { createManualClock } from "@libs/testing";
import { connect } from "../../../test/hub/hub-client.ts";
import { type HubFixture, principalOf, startHub, type StartHubOptions } from "../../../test/hub/start-hub.ts";
import { RecentRevocations } from "./recent-revocations.ts";

const endpoint = { path: "/ws", authenticate: { with: ["platform"] } };
const device = { path: "/ws/device", authenticate: { with: ["platform"] }, personal: "device" };
const hub = { endpoints: [endpoint, device] };
let fixture: HubFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function start(more: Partial<StartHubOptions> = {}): Promise<HubFixture> {
  fixture = startHub({ hub, ...more });
  await fixture.hub.start();
  return fixture;
}

/** The answer to an upgrade with this ticket, or of this user. */
async function statusOf({ http }: HubFixture, path: string, ticket: string | null): Promise<number> {
  const query = ticket === null ? "" : `?ticket=${ticket}`;
  const headers = { upgrade: "websocket", connection: "upgrade", "sec-websocket-version": "13" };
  const key = { "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" };
  const token: Record<string, string> = ticket === null ? { authorization: "Bearer user-ana" } : {};
  const response = await fetch(`${http}${path}${query}`, { headers: { ...headers, ...key, ...token } });
  return response.status;
}

describe("a credential revoked while its connection opens", () => {
  test.each([
    ["login", "login-ana"],
    ["user", "ana"],
  ] as const)("opens no connection with an earlier ticket: %s", async (kind, id) => {
    const on = await start();
    const { ticket } = await on.hub.context.tickets.issue(principalOf("ana"));
    on.revoke({ kind, id });
    expect(await statusOf(on, "/ws", ticket)).toBe(401);
  });

  test("opens no connection with a ticket of a disconnected device", async () => {
    const on = await start();
    const { broker, tickets } = on.hub.context;
    const { ticket } = await tickets.issue(principalOf("d-1"));
    await disconnect(broker, "device:d-1");
    expect(await statusOf(on, "/ws/device", ticket)).toBe(401);
  });

  test("opens no connection whose authentication was pending", async () => {
    const answer = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const authenticate = async () => {
      asked.resolve();
      await answer.promise;
      return { outcome: "authenticated", principal: principalOf("ana") } as const;
    };
    const on = await start({ authenticate });
    const status = statusOf(on, "/ws", null);
    await asked.promise;
    on.revoke({ kind: "user", id: "ana" });
    answer.resolve();
    expect(await status).toBe(401);
  });

  test("renews no connection with an earlier ticket", async () => {
    const on = await start();
    const { ticket } = await on.hub.context.tickets.issue(principalOf("ana", { sessionId: "other" }));
    const client = await connect(`${on.url}/ws`, { headers: { authorization: "Bearer user-ana" } });
    on.revoke({ kind: "login", id: "other" });
    const answer = await client.ask({ type: "reauth", id: "r", payload: { ticket } });
    expect(answer.error?.code).toBe("invalid_token");
    await client.close();
  });
});

test("a user whose older tokens were revoked can connect with a newer ticket", async () => {
  const clock = createManualClock();
  const on = await start({ now: clock.now });
  on.revoke({ kind: "user", id: "ana" });
  await clock.advance(1);
  const { ticket } = await on.hub.context.tickets.issue(principalOf("ana"));
  const client = await connect(`${on.url}/ws`, { protocols: ["cartway.v1", `ticket.${ticket}`] });
  expect((await client.frames.next()).payload?.["userId"]).toBe("ana");
  await client.close();
});

test("a revocation is remembered for a ticket's lifetime, then forgotten", () => {
  const revocations = new RecentRevocations();
  const refuses = (sessionId: string) => {
    try {
      revocations.check(principalOf("ana", { sessionId }), null, 0);
      return false;
    } catch {
      return true;
    }
  };
  revocations.note({ by: "login", id: "first" }, 0);
  expect(refuses("first")).toBe(true);
  revocations.note({ by: "login", id: "second" }, 60_000);
  expect([refuses("first"), refuses("second")]).toEqual([false, true]);
});
