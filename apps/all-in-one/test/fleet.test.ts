import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { pick } from "@libs/testing";
import { type FrontDoor, frontDoor, risky, tokenOf } from "./support/front-door.ts";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

let platform: TestPlatform;
let door: FrontDoor;

beforeAll(async () => {
  platform = await startTestPlatform();
  door = frontDoor(platform.url);
}, 120_000);
afterAll(() => platform.stop());

describe("the fleet through the gateway", () => {
  test("a risky command is requested, approved and executed, and its result reaches the customer's sockets", async () => {
    const [ana, ben] = [tokenOf("shop-1", "ana"), tokenOf("shop-1", "ben")];
    const device = await door.addDevice(ana);
    const customerSocket = await door.open("/ws/customer", ben);
    const deviceSocket = await door.open("/ws/device", device.token);
    const opened = await door.openSession(ana, device.id, { fourEyes: true, commands: [risky] });
    expect(opened).toMatchObject({ status: "awaiting_approval", requestedBy: "ana" });
    const path = `/customer/sessions/${String(pick(opened, "id"))}`;
    const planHash = pick(opened, "planHash");
    const approved = await door.call(ben, "POST", `${path}/approve`, { planHash });
    expect(approved).toMatchObject({ status: 200, body: { status: "running" } });
    await deviceSocket.frames.find((frame) => frame["type"] === "commands_waiting");
    const claimed = await door.call(device.token, "POST", "/device/commands/claim", { max: 1 });
    const command = pick(claimed.body, "commands", 0);
    const done = await door.call(
      device.token,
      "POST",
      `/device/commands/${String(pick(command, "id"))}/result`,
      {
        claimToken: pick(command, "claimToken"),
        outcome: "succeeded",
        output: { restarted: true },
      },
    );
    expect(done.status).toBe(200);
    const heard = await customerSocket.frames.find((frame) => frame["type"] === "command_updated");
    expect(heard["payload"]).toMatchObject({ status: "succeeded", result: { output: { restarted: true } } });
    expect((await door.call(ben, "GET", path)).body).toMatchObject({ status: "completed" });
    customerSocket.close();
    deviceSocket.close();
  });

  test("a device sends heartbeats and results over its socket, and only its own", async () => {
    const ana = tokenOf("shop-4", "ana");
    const [device, other] = [await door.addDevice(ana), await door.addDevice(ana)];
    const [socket, strange] = [
      await door.open("/ws/device", device.token),
      await door.open("/ws/device", other.token),
    ];
    expect(await socket.ask("device_heartbeat", { status: "degraded" })).toMatchObject({ type: "ack" });
    const status = await door.call(ana, "GET", `/customer/devices/${device.id}/status`);
    expect(status.body).toMatchObject({ online: true, reported: { status: "degraded" } });
    const opened = await door.openSession(ana, device.id);
    const claimed = async (by: typeof socket): Promise<unknown> => {
      expect(await by.ask("claim_commands", { max: 3 })).toMatchObject({ type: "commands_claimed" });
      return by.frames.all.findLast(({ type }) => type === "commands_claimed")?.["payload"];
    };
    expect(await claimed(strange)).toEqual({ commands: [] });
    const command = pick(await claimed(socket), "commands", 0);
    const [commandId, claimToken] = [pick(command, "id"), pick(command, "claimToken")];
    const result = { commandId, claimToken, outcome: "succeeded", output: { freeBytes: 7 } };
    const caller = { userId: device.id, authMethod: "device-session", sessionId: crypto.randomUUID() };
    expect(await strange.ask("command_result", { ...result, caller })).toMatchObject({
      type: "error",
      error: { code: "not_found" },
    });
    expect(await socket.ask("command_result", result)).toMatchObject({ type: "ack" });
    const session = await door.call(ana, "GET", `/customer/sessions/${String(pick(opened, "id"))}`);
    expect(session.body).toMatchObject({ status: "completed", commands: [{ status: "succeeded" }] });
    socket.close();
    strange.close();
  });

  test("a suspended device loses its open socket at once", async () => {
    const ana = tokenOf("shop-2", "ana");
    const device = await door.addDevice(ana);
    const socket = await door.open("/ws/device", device.token);
    await door.call(ana, "POST", `/customer/devices/${device.id}/suspend`, {});
    expect(await socket.closed).toBe(3507);
  });

  test("every transport requires its credential", async () => {
    const ana = tokenOf("shop-3", "ana");
    const device = await door.addDevice(ana);
    const unsigned = "eyJhbGciOiJub25lIn0.e30.";
    for (const [token, path] of [
      [null, "/customer/devices"],
      [unsigned, "/customer/devices"],
      [device.token, "/customer/devices"],
      [null, "/device/commands"],
      [ana, "/device/commands"],
      ["dst_made-up", "/device/commands"],
    ] as const) {
      expect([path, (await door.call(token, "GET", path)).status]).toEqual([path, 401]);
    }
  });

  test("the gateway's internal requests to the fleet are closed to others", async () => {
    for (const path of [
      "device-sessions/verify",
      "device-frames/heartbeats",
      "device-frames/claims",
      "device-frames/results",
    ]) {
      const asked = await fetch(`${platform.url}/internal/${path}`, { method: "POST", body: "[]" });
      expect([path, asked.status]).toEqual([path, 404]);
    }
  });
});
