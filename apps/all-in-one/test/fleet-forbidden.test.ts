import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { pick, waitUntil } from "@libs/testing";
import { type FleetDevice, type FrontDoor, frontDoor, risky, tokenOf } from "./support/front-door.ts";
import { forbiddenToDevices } from "./support/forbidden-to-devices.ts";
import { forbiddenWithApprovals } from "./support/forbidden-with-approvals.ts";
import { forbiddenWithClaims } from "./support/forbidden-with-claims.ts";
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

describe("every forbidden action is refused by the gateway:", () => {
  test.each([...forbiddenToDevices, ...forbiddenWithClaims, ...forbiddenWithApprovals])(
    "$move is $status",
    async ({ make, status }) => {
      expect(await make({ door, device, ana, ben, stranger })).toMatchObject({ status });
    },
  );

  test("an id of another customer is not found, wherever an id is accepted", async () => {
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

  test("a suspended device cannot open a socket, and another customer's socket receives nothing about it", async () => {
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
