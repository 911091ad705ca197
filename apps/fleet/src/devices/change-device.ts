import { recordAudit } from "../audit/record-audit.ts";
import { cancelSession } from "../sessions/cancel-session.ts";
import type { Fleet } from "../fleet.ts";
import { transact } from "../transact.ts";
import type { Customer } from "../http/caller.ts";
import { type DeviceEvent, deviceMachine, type DeviceState } from "../model/device-states.ts";
import { digestOf } from "../model/secrets.ts";
import { nextState } from "../model/state-machine.ts";
import { createActivationCode, normalizeActivationCode } from "./activation-code.ts";
import type { Device } from "./device.ts";
import { findDevice, noSuchDevice } from "./find-devices.ts";

export interface DeviceChange {
  readonly deviceId: string;
  readonly event: Exclude<DeviceEvent, "register" | "replace_secret">;
  readonly reason: string;
}

export interface ChangedDevice {
  readonly device: Device;
  /** After a rotation: the code with which the agent registers again; shown only once. */
  readonly activationCode: string | null;
  readonly expiresAt: string | null;
}

/**
 * Suspends, resumes, retires or rotates a device. Suspending, retiring and rotating close its sockets, a rotation revokes every token, and
 * commands of a retired device are cancelled. @throws CartwayError `not_found`, `conflict`
 */
export async function changeDevice(
  fleet: Fleet,
  customer: Customer,
  change: DeviceChange,
): Promise<ChangedDevice> {
  const { deviceId, event } = change;
  const code = event === "rotate" ? createActivationCode() : null;
  const at = new Date(fleet.now());
  const codeExpiresAt = code === null ? null : new Date(at.getTime() + fleet.limits.codeLifeMs);
  const to = await move(fleet, customer, { ...change, code, codeExpiresAt, at });
  fleet.statuses.invalidate(deviceId);
  fleet.tokens.forget(deviceId);
  if (event !== "resume") await fleet.live.disconnect(deviceId);
  if (event === "retire") await cancelOpenSessions(fleet, customer, deviceId);
  // wakes requests that wait for its commands: they are refused, or get the commands that have waited
  fleet.wakeups.wake(deviceId);
  fleet.live.tellCustomer(customer.customerId, "device_status", { deviceId, status: to });
  return {
    device: await findDevice(fleet.sql, customer.customerId, deviceId),
    activationCode: code,
    expiresAt: codeExpiresAt?.toISOString() ?? null,
  };
}

interface Move extends DeviceChange {
  readonly code: string | null;
  readonly codeExpiresAt: Date | null;
  readonly at: Date;
}

async function move(fleet: Fleet, { customerId, actor }: Customer, change: Move): Promise<DeviceState> {
  const { deviceId, event, reason, code, codeExpiresAt, at } = change;
  return await transact(fleet.sql, async (sql) => {
    const [row] = await sql.query<{ status: DeviceState }>(
      "select status from fleet_devices where id = $1 and customer_id = $2 for update",
      [deviceId, customerId],
    );
    if (row === undefined) throw noSuchDevice();
    const to = nextState(deviceMachine, row.status, event);
    await sql.query("update fleet_devices set status = $2, online = online and $2 = 'active' where id = $1", [
      deviceId,
      to,
    ]);
    if (code !== null) {
      await sql.query(
        `update fleet_devices set secret_hash = null, next_secret_hash = null, activation_hash = $2,
          activation_expires_at = $3 where id = $1`,
        [deviceId, digestOf(normalizeActivationCode(code)), codeExpiresAt],
      );
      await sql.query(
        "update fleet_device_tokens set revoked_at = $2 where device_id = $1 and revoked_at is null",
        [deviceId, at],
      );
    }
    const moved = { subject: "device", subjectId: deviceId, deviceId, customerId, sessionId: null } as const;
    await recordAudit(sql, {
      at,
      actor,
      events: [{ ...moved, event, from: row.status, to, details: { reason } }],
    });
    return to;
  });
}

async function cancelOpenSessions(fleet: Fleet, customer: Customer, deviceId: string): Promise<void> {
  const rows = await fleet.sql.query<{ id: string }>(
    "select id from fleet_sessions where device_id = $1 and status in ('awaiting_approval', 'running')",
    [deviceId],
  );
  for (const { id } of rows)
    await cancelSession(fleet, customer, { sessionId: id, reason: "device retired" });
}
