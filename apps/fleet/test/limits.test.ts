import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readEnvironment } from "@libs/elysia-server";
import { openingLimitMs, pick } from "@libs/testing";
import { fleetDefaults, type FleetLimits } from "../src/fleet.ts";
import { fleetLimits, fleetLimitsEnvironment } from "../src/limits-environment.ts";
import { startFleet, type TestFleet } from "./support/start-fleet.ts";
import { addDevice, decide, openSession, riskyCommand } from "./support/story.ts";

const read = (env: Record<string, string>): FleetLimits =>
  fleetLimits(readEnvironment(fleetLimitsEnvironment, env));

test("an empty environment gives the defaults, and every limit can be set", () => {
  expect(read({})).toEqual(fleetDefaults);
  const settings: [name: string, value: string, limits: Partial<FleetLimits>][] = [
    ["ACTIVATION_CODE_LIFE_MS", "60000", { codeLifeMs: 60_000 }],
    ["DEVICE_TOKEN_LIFE_MS", "60000", { tokenLifeMs: 60_000 }],
    ["APPROVAL_LIFE_MS", "1000", { approvalLifeMs: 1000 }],
    ["DEVICE_OFFLINE_AFTER_MS", "5000", { offlineAfterMs: 5000 }],
    ["SESSION_RETENTION_DAYS", "1", { keepSessionsMs: 86_400_000 }],
    ["AUDIT_RETENTION_DAYS", "7", { keepAuditMs: 604_800_000 }],
    ["HEARTBEAT_RETENTION_DAYS", "1", { keepHeartbeatsMs: 86_400_000 }],
    ["FOUR_EYES_FROM", "medium", { fourEyesFrom: "medium" }],
  ];
  expect(settings.map(([name]) => name).toSorted()).toEqual(Object.keys(fleetLimitsEnvironment).toSorted());
  for (const [name, value, limits] of settings)
    expect(read({ [name]: value })).toEqual({ ...fleetDefaults, ...limits });
});

describe("four eyes from a risk level on", () => {
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await startFleet({ limits: read({ FOUR_EYES_FROM: "medium" }) });
  }, openingLimitMs);
  afterAll(() => fleet.stop());

  test("require an approver other than the requester, whatever the session's setting", async () => {
    const { id } = await addDevice(fleet, "shop");
    const ana = fleet.asCustomer("shop", "ana");
    const session = await openSession(ana, id, { commands: [riskyCommand], fourEyes: false });
    expect(pick(session, "fourEyes")).toBe(true);
    expect((await decide(ana, session)).status).toBe(403);
    expect((await decide(fleet.asCustomer("shop", "ben"), session)).status).toBe(200);
  });
});
