import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { customerToken } from "@apps/fleet";
import { createEventLog, customerSecret, type EventLog } from "@libs/testing";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
}, 120_000);
afterAll(() => platform.stop());

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, never>>;
}

async function call(
  token: string | null,
  method: "GET" | "POST",
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(`${platform.url}/api/v1${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

function tokenOf(customerId: string, userId: string): string {
  const now = Date.now();
  const life = { issuedAtMs: now, expiresAtMs: now + 600_000 };
  return customerToken({ secret: customerSecret, customerId, userId, ...life });
}

interface Socket {
  readonly frames: EventLog<Readonly<Record<string, unknown>>>;
  readonly closed: Promise<number>;
  close(): void;
}

async function openSocket(path: string, token: string): Promise<Socket> {
  const frames = createEventLog<Readonly<Record<string, unknown>>>();
  const closed = Promise.withResolvers<number>();
  const socket = new WebSocket(platform.url.replace("http", "ws") + path, ["cartway.v1", `bearer.${token}`]);
  socket.addEventListener("message", ({ data }) => frames.push(JSON.parse(String(data))));
  socket.addEventListener("close", ({ code }) => closed.resolve(code));
  await frames.find((frame) => frame["type"] === "welcome");
  return { frames, closed: closed.promise, close: () => socket.close() };
}

async function addDevice(
  customer: string,
): Promise<{ readonly id: string; readonly token: string; readonly secret: string }> {
  const provisioned = await call(customer, "POST", "/customer/devices/provision", { name: "Kiosk" });
  const { activationCode } = provisioned.body;
  const { deviceId, secret } = (await call(null, "POST", "/device/register", { activationCode })).body;
  const { token } = (await call(null, "POST", "/device/auth", { deviceId, secret })).body;
  return { id: String(deviceId), secret: String(secret), token: String(token) };
}

describe("the fleet through the front door", () => {
  test("a risky command is asked for, approved, executed, and its result is heard by the customer's sockets", async () => {
    const [ana, ben] = [tokenOf("shop-1", "ana"), tokenOf("shop-1", "ben")];
    const device = await addDevice(ana);
    const customerSocket = await openSocket("/ws/customer", ben);
    const deviceSocket = await openSocket("/ws/device", device.token);
    const opened = await call(ana, "POST", "/customer/sessions", {
      deviceId: device.id,
      reason: "the till hangs",
      fourEyes: true,
      commands: [{ kind: "restart_service", parameters: { service: "till" } }],
    });
    expect(opened).toMatchObject({ status: 200, body: { status: "awaiting_approval" } });
    const { id: sessionId, planHash } = opened.body;
    expect((await call(ana, "POST", `/customer/sessions/${sessionId}/approve`, { planHash })).status).toBe(
      403,
    );
    const approved = await call(ben, "POST", `/customer/sessions/${sessionId}/approve`, { planHash });
    expect(approved).toMatchObject({ status: 200, body: { status: "running" } });
    await deviceSocket.frames.find((frame) => frame["type"] === "commands_waiting");
    const claimed = await call(device.token, "POST", "/device/commands/claim", { max: 1 });
    const [command] = claimed.body["commands"] as unknown as readonly { id: string; claimToken: string }[];
    const result = { claimToken: command?.claimToken, outcome: "succeeded", output: { restarted: true } };
    expect((await call(device.token, "POST", `/device/commands/${command?.id}/result`, result)).status).toBe(
      200,
    );
    const heard = await customerSocket.frames.find((frame) => frame["type"] === "command_updated");
    expect(heard["payload"]).toMatchObject({ status: "succeeded", result: { output: { restarted: true } } });
    expect((await call(ben, "GET", `/customer/sessions/${sessionId}`)).body).toMatchObject({
      status: "completed",
    });
    customerSocket.close();
    deviceSocket.close();
  });

  test("a suspended device loses its open socket at once, and is refused on every way in", async () => {
    const ana = tokenOf("shop-2", "ana");
    const device = await addDevice(ana);
    const socket = await openSocket("/ws/device", device.token);
    expect((await call(device.token, "POST", "/device/heartbeat", { status: "ok" })).status).toBe(200);
    await call(ana, "POST", `/customer/devices/${device.id}/suspend`, {});
    expect(await socket.closed).toBe(3507);
    expect((await call(device.token, "POST", "/device/heartbeat", { status: "ok" })).status).toBe(403);
    const { id: deviceId, secret } = device;
    expect((await call(null, "POST", "/device/auth", { deviceId, secret })).status).toBe(403);
  });

  test("nobody gets in without the credential of that way", async () => {
    const device = await addDevice(tokenOf("shop-3", "ana"));
    const made = "eyJhbGciOiJub25lIn0.e30.";
    for (const [token, path] of [
      [null, "/customer/devices"],
      [made, "/customer/devices"],
      [device.token, "/customer/devices"],
      [null, "/device/commands"],
      [tokenOf("shop-3", "ana"), "/device/commands"],
      ["dst_made-up", "/device/commands"],
    ] as const) {
      expect([path, (await call(token, "GET", path)).status]).toEqual([path, 401]);
    }
    const asked = await fetch(`${platform.url}/internal/device-sessions/verify`, { method: "POST" });
    expect(asked.status).toBe(404);
  });
});
