import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import {
  type Answer,
  type FleetDevice,
  type FrontDoor,
  frontDoor,
  pick,
  risky,
  safe,
  tokenOf,
} from "./support/front-door.ts";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

/** Short lives, so that what must expire does so while the test runs. */
const lives = { codeLifeMs: 4000, approvalLifeMs: 4000 };

let platform: TestPlatform;
let door: FrontDoor;
let device: FleetDevice;
const [ana, ben, stranger] = [tokenOf("shop-1", "ana"), tokenOf("shop-1", "ben"), tokenOf("shop-2", "eve")];

beforeAll(async () => {
  platform = await startTestPlatform({ fleet: lives });
  door = frontDoor(platform.url);
  device = await door.addDevice(ana);
}, 120_000);
afterAll(() => platform.stop());

const provision = async (): Promise<unknown> =>
  (await door.call(ana, "POST", "/customer/devices/provision", { name: "Kiosk" })).body;
const register = (provisioned: unknown): Promise<Answer> =>
  door.call(null, "POST", "/device/register", { activationCode: pick(provisioned, "activationCode") });
const login = (deviceId: string, secret: string): Promise<Answer> =>
  door.call(null, "POST", "/device/auth", { deviceId, secret });
const approve = (token: string, session: unknown, planHash = pick(session, "planHash")): Promise<Answer> =>
  door.call(token, "POST", `/customer/sessions/${String(pick(session, "id"))}/approve`, { planHash });
const claim = async (token: string, body: object = {}): Promise<unknown> =>
  pick((await door.call(token, "POST", "/device/commands/claim", body)).body, "commands", 0);
const report = (token: string, command: unknown, fields: object = {}): Promise<Answer> =>
  door.call(token, "POST", `/device/commands/${String(pick(command, "id"))}/result`, {
    claimToken: pick(command, "claimToken"),
    outcome: "succeeded",
    ...fields,
  });
/** A command of a device of its own, claimed. */
const held = async (command: object = safe, body: object = {}) => {
  const holder = await door.addDevice(ana);
  const session = await door.openSession(ana, holder.id, { commands: [command] });
  return { holder, session, command: await claim(holder.token, body) };
};

interface ForbiddenMove {
  readonly move: string;
  readonly status: number;
  readonly make: () => Promise<Answer>;
}

const moves: readonly ForbiddenMove[] = [
  {
    move: "registering with a used code",
    status: 401,
    async make() {
      const provisioned = await provision();
      await register(provisioned);
      return await register(provisioned);
    },
  },
  {
    move: "registering with an expired code",
    status: 401,
    async make() {
      const provisioned = await provision();
      const expiresAt = Date.parse(String(pick(provisioned, "expiresAt")));
      await waitUntil(() => Date.now() > expiresAt, { what: "the code to expire" });
      return await register(provisioned);
    },
  },
  { move: "logging in with a wrong secret", status: 401, make: () => login(device.id, "dsk_wrong") },
  {
    move: "logging in with a rotated secret",
    status: 401,
    async make() {
      const { id, secret } = await door.addDevice(ana);
      await door.call(ana, "POST", `/customer/devices/${id}/rotate`, {});
      return await login(id, secret);
    },
  },
  {
    move: "logging in with the secret that another one has replaced",
    status: 401,
    async make() {
      const { id, secret, token } = await door.addDevice(ana);
      const replaced = await door.call(token, "POST", "/device/rotate");
      await login(id, String(pick(replaced.body, "secret")));
      return await login(id, secret);
    },
  },
  {
    move: "claiming on a suspended device",
    status: 403,
    async make() {
      const { id, token } = await door.addDevice(ana);
      await door.call(ana, "POST", `/customer/devices/${id}/suspend`, {});
      return await door.call(token, "POST", "/device/commands/claim", {});
    },
  },
  {
    move: "logging in on a retired device",
    status: 403,
    async make() {
      const { id, secret } = await door.addDevice(ana);
      await door.call(ana, "POST", `/customer/devices/${id}/retire`, {});
      return await login(id, secret);
    },
  },
  {
    move: "sending the result of a held command once the device is suspended",
    status: 403,
    async make() {
      const { holder, command } = await held();
      await door.call(ana, "POST", `/customer/devices/${holder.id}/suspend`, {});
      return await report(holder.token, command);
    },
  },
  {
    move: "sending a result without a claim",
    status: 409,
    async make() {
      const holder = await door.addDevice(ana);
      const session = await door.openSession(ana, holder.id);
      const command = { id: pick(session, "commands", 0, "id"), claimToken: "clm_made-up" };
      return await report(holder.token, command);
    },
  },
  {
    move: "sending a result with an old claim",
    status: 409,
    async make() {
      const { holder, command } = await held(safe, { visibilityMs: 1000 });
      await waitUntil(async () => (await claim(holder.token)) !== undefined, { what: "the claim to lapse" });
      return await report(holder.token, command);
    },
  },
  {
    move: "sending a result after the deadline",
    status: 409,
    async make() {
      const { holder, command } = await held({ ...safe, deadlineMs: 1000 });
      const deadline = Date.parse(String(pick(command, "deadlineAt")));
      await waitUntil(() => Date.now() > deadline, { what: "the deadline" });
      return await report(holder.token, command);
    },
  },
  {
    move: "sending another result than the one that was taken",
    status: 409,
    async make() {
      const { holder, command } = await held();
      await report(holder.token, command);
      return await report(holder.token, command, { outcome: "failed" });
    },
  },
  {
    move: "sending the result of another device's command",
    status: 404,
    async make() {
      const { command } = await held();
      return await report(device.token, command);
    },
  },
  {
    move: "extending a claim with another's token",
    status: 409,
    async make() {
      const { holder, command } = await held();
      const path = `/device/commands/${String(pick(command, "id"))}/extend`;
      return await door.call(holder.token, "POST", path, { claimToken: "clm_made-up" });
    },
  },
  {
    move: "claiming what is not approved",
    status: 404,
    async make() {
      const holder = await door.addDevice(ana);
      await door.openSession(ana, holder.id, { commands: [risky] });
      const command = await claim(holder.token);
      return command === undefined ? { status: 404, body: null } : { status: 200, body: command };
    },
  },
  {
    move: "an approval by a stranger",
    status: 404,
    make: async () => approve(stranger, await door.openSession(ana, device.id, { commands: [risky] })),
  },
  {
    move: "an approval by the requester under four eyes",
    status: 403,
    make: async () =>
      approve(ana, await door.openSession(ana, device.id, { commands: [risky], fourEyes: true })),
  },
  {
    move: "an approval of another plan than the session's",
    status: 409,
    make: async () =>
      approve(ben, await door.openSession(ana, device.id, { commands: [risky] }), "0".repeat(64)),
  },
  {
    move: "a second approval",
    status: 409,
    async make() {
      const session = await door.openSession(ana, device.id, { commands: [risky] });
      await approve(ben, session);
      return await approve(ben, session);
    },
  },
  {
    move: "an approval after the rejection",
    status: 409,
    async make() {
      const session = await door.openSession(ana, device.id, { commands: [risky] });
      const body = { planHash: pick(session, "planHash") };
      await door.call(ben, "POST", `/customer/sessions/${String(pick(session, "id"))}/reject`, body);
      return await approve(ben, session);
    },
  },
  {
    move: "an approval after its time",
    status: 409,
    async make() {
      const session = await door.openSession(ana, device.id, { commands: [risky] });
      const expiresAt = Date.parse(String(pick(session, "plan", "approvalExpiresAt")));
      await waitUntil(() => Date.now() > expiresAt, { what: "the approval to expire" });
      return await approve(ben, session);
    },
  },
  {
    move: "cancelling a session that has ended",
    status: 409,
    async make() {
      const { holder, session, command } = await held();
      await report(holder.token, command);
      return await door.call(ana, "POST", `/customer/sessions/${String(pick(session, "id"))}/cancel`, {});
    },
  },
  {
    move: "asking something of a device that has not registered",
    status: 409,
    async make() {
      const deviceId = pick(await provision(), "device", "id");
      return await door.call(ana, "POST", "/customer/sessions", { deviceId, reason: "r", commands: [safe] });
    },
  },
  {
    move: "asking for a kind that there is not",
    status: 422,
    make: () =>
      door.call(ana, "POST", "/customer/sessions", {
        deviceId: device.id,
        reason: "r",
        commands: [{ kind: "format_disk" }],
      }),
  },
  {
    move: "asking something of a stranger's device",
    status: 404,
    make: () =>
      door.call(stranger, "POST", "/customer/sessions", {
        deviceId: device.id,
        reason: "r",
        commands: [safe],
      }),
  },
];

async function upgradeStatus(token: string): Promise<number> {
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    authorization: `Bearer ${token}`,
  };
  return (await fetch(`${platform.url}/ws/device`, { headers })).status;
}

describe("every forbidden move is refused at the front door:", () => {
  test.each(moves)("$move is $status", async ({ make, status }) => {
    expect(await make()).toMatchObject({ status });
  });

  test("an id of another customer is not found, wherever an id is taken", async () => {
    const session = await door.openSession(ana, device.id, { commands: [risky] });
    const id = String(pick(session, "id"));
    const planHash = pick(session, "planHash");
    const asked: readonly (readonly ["GET" | "POST", string, object?])[] = [
      ["GET", `/customer/devices/${device.id}`],
      ["GET", `/customer/devices/${device.id}/status`],
      ["GET", `/customer/devices/${device.id}/history`],
      ["GET", `/customer/devices/${device.id}/metrics`],
      ["POST", `/customer/devices/${device.id}/suspend`, {}],
      ["POST", `/customer/devices/${device.id}/resume`, {}],
      ["POST", `/customer/devices/${device.id}/rotate`, {}],
      ["POST", `/customer/devices/${device.id}/retire`, {}],
      ["GET", `/customer/sessions/${id}`],
      ["POST", `/customer/sessions/${id}/approve`, { planHash }],
      ["POST", `/customer/sessions/${id}/reject`, { planHash }],
      ["POST", `/customer/sessions/${id}/cancel`, {}],
    ];
    for (const [method, path, body] of asked) {
      const theirs = await door.call(stranger, method, path, body);
      const nobodys = await door.call(
        stranger,
        method,
        path.replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, crypto.randomUUID()),
        body,
      );
      expect([path, theirs.status, pick(theirs.body, "error", "code")]).toEqual([path, 404, "not_found"]);
      expect(pick(nobodys.body, "error", "message")).toEqual(pick(theirs.body, "error", "message"));
    }
    for (const [list, query] of [
      ["devices", ""],
      ["sessions", `?deviceId=${device.id}`],
      ["commands", `?deviceId=${device.id}`],
    ] as const) {
      const { body } = await door.call(stranger, "GET", `/customer/${list}${query}`);
      expect([list, pick(body, list)]).toEqual([list, []]);
    }
    expect((await door.call(ana, "GET", `/customer/sessions/${id}`)).body).toMatchObject({
      status: "awaiting_approval",
    });
  });

  test("a suspended device cannot open a socket, and a stranger's socket hears nothing of it", async () => {
    const { id, token } = await door.addDevice(ana);
    const theirs = await door.open("/ws/customer", stranger);
    const own = await door.open("/ws/customer", ana);
    const socket = await door.open("/ws/device", token);
    await door.call(ana, "POST", `/customer/devices/${id}/suspend`, {});
    expect(await socket.closed).toBe(3507);
    // within the second for which the gateway remembers a device
    await waitUntil(async () => (await upgradeStatus(token)) === 403, { what: "the upgrade to be refused" });
    await own.frames.find((frame) => frame["type"] === "device_status");
    expect(theirs.frames.all.map((frame) => frame["type"])).toEqual(["welcome"]);
    theirs.close();
    own.close();
  });
});
