import { afterAll, beforeAll, expect, test } from "bun:test";
import { openingLimitMs, pick, pickList, pickText } from "@libs/testing";
import { framesMax } from "../src/http/device/frames-route.ts";
import {
  addDevice,
  claim,
  customerApi,
  openSession,
  type RegisteredDevice,
  report,
} from "./support/story.ts";
import { startFleet, type TestFleet } from "./support/start-fleet.ts";

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await startFleet();
}, openingLimitMs);
afterAll(() => fleet.stop());

const shop = "shop-frames";

/** The caller field, as the hub sets it. */
const callerOf = ({ id }: Pick<RegisteredDevice, "id">, issuedAtMs = fleet.clock.now()) => ({
  userId: id,
  authMethod: "device-session",
  roles: ["device"],
  scopes: [],
  tenantId: shop,
  sessionId: Bun.randomUUIDv7("hex", issuedAtMs),
});
const send = (what: "heartbeats" | "claims" | "results", frames: readonly object[]) =>
  fleet.asNobody.post(`/internal/device-frames/${what}`, frames);
const held = async (device: RegisteredDevice) => {
  await openSession(fleet.asCustomer(shop), device.id);
  const [command] = await claim(device.device);
  const [commandId, claimToken] = [pickText(command, "id"), pickText(command, "claimToken")];
  return { commandId, claimToken, outcome: "succeeded", output: { freeBytes: 7 } };
};

test("heartbeats of several devices are handled in one call, and an invalid one affects no other", async () => {
  const [one, other] = [await addDevice(fleet, shop), await addDevice(fleet, shop)];
  const answer = await send("heartbeats", [
    { status: "ok", metrics: { load: 1 }, caller: callerOf(one) },
    { status: "fine", caller: callerOf(one) },
    { status: "degraded", agentVersion: "a\0b", caller: callerOf(other) },
    { status: "degraded", agentVersion: "1.2", caller: callerOf(other) },
  ]);
  expect(answer).toMatchObject({
    status: 200,
    body: {
      accepted: 2,
      duplicates: 0,
      rejected: [
        { index: 1, code: "validation_failed", retryable: false },
        { index: 2, code: "validation_failed", retryable: false },
      ],
    },
  });
  const status = await fleet.asCustomer(shop).get(`${customerApi}/devices/${other.id}/status`);
  expect(status.body).toMatchObject({ online: true, reported: { status: "degraded", agentVersion: "1.2" } });
});

test("claims of several devices are answered in one call, each with its own commands; a second claim of the same device gets none", async () => {
  const [one, other, idle] = [
    await addDevice(fleet, shop),
    await addDevice(fleet, shop),
    await addDevice(fleet, shop),
  ];
  const first = await openSession(fleet.asCustomer(shop), one.id);
  const second = await openSession(fleet.asCustomer(shop), other.id);
  const ask = { max: 3, visibilityMs: 60_000 };
  const { body } = await send("claims", [
    { ...ask, caller: callerOf(one) },
    { ...ask, max: 4, caller: callerOf(other) },
    { caller: callerOf(other) },
    { ...ask, caller: callerOf(idle) },
    { ...ask, caller: callerOf(one) },
    ask,
  ]);
  expect(body).toMatchObject({
    accepted: 4,
    rejected: [
      { index: 1, code: "validation_failed" },
      { index: 5, code: "unauthenticated" },
    ],
    replies: [
      { commands: [{ sessionId: pick(first, "id"), attempt: 1 }] },
      null,
      { commands: [{ sessionId: pick(second, "id"), attempt: 1 }] },
      { commands: [] },
      { commands: [] },
      null,
    ],
  });
  const [command] = pickList(body, "replies", 0, "commands");
  const [commandId, claimToken] = [pickText(command, "id"), pickText(command, "claimToken")];
  const result = { commandId, claimToken, outcome: "succeeded", caller: callerOf(one) };
  expect((await send("results", [result])).body).toMatchObject({ accepted: 1 });
});

test("a result in a frame counts once, and a repetition is a duplicate, on any transport", async () => {
  const device = await addDevice(fleet, shop);
  const result = await held(device);
  const frame = { ...result, caller: callerOf(device) };
  expect((await send("results", [frame])).body).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
  expect((await send("results", [frame])).body).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
  const again = await report(device.device, { ...result, id: result.commandId });
  expect(again).toMatchObject({ status: 200, body: { status: "succeeded", repeated: true } });
});

test("a result is refused without its claim, from another device, and if it differs from the first", async () => {
  const [device, stranger] = [await addDevice(fleet, shop), await addDevice(fleet, shop)];
  const result = await held(device);
  const caller = callerOf(device);
  const refused = async (frame: object) => pick((await send("results", [frame])).body, "rejected", 0, "code");
  expect(await refused({ ...result, claimToken: "clm_made-up", caller })).toBe("conflict");
  expect(await refused({ ...result, caller: callerOf(stranger) })).toBe("not_found");
  expect(await refused({ ...result, commandId: "none", caller })).toBe("validation_failed");
  expect((await send("results", [{ ...result, caller }])).body).toMatchObject({ accepted: 1 });
  expect(await refused({ ...result, outcome: "failed", caller })).toBe("conflict");
});

test("frames are refused from callers that are not devices, from suspended devices, and with tokens from before a rotation", async () => {
  const device = await addDevice(fleet, shop);
  const fine = callerOf(device);
  const suspended = await addDevice(fleet, shop);
  await fleet.asCustomer(shop).post(`${customerApi}/devices/${suspended.id}/suspend`, {});
  const callers = [
    undefined,
    null,
    { ...fine, authMethod: "jwt" },
    { ...fine, userId: "ana" },
    { ...fine, sessionId: null },
    callerOf(device, fleet.clock.now() - 60_000),
    callerOf(suspended),
  ];
  const { body } = await send(
    "heartbeats",
    callers.map((caller) => ({ status: "ok", ...(caller === undefined ? {} : { caller }) })),
  );
  const codes = callers.map((_caller, index) => pick(body, "rejected", index, "code"));
  expect(codes).toEqual([...Array<string>(5).fill("unauthenticated"), "invalid_token", "forbidden"]);
  expect(pick(body, "accepted")).toBe(0);
});

test("a body that is not an array, or is too long, is refused as a whole", async () => {
  expect(await fleet.asNobody.post("/internal/device-frames/heartbeats", {})).toMatchObject({ status: 422 });
  const many = Array.from({ length: framesMax + 1 }, () => ({ status: "ok" }));
  expect(await send("heartbeats", many)).toMatchObject({ status: 413 });
});
