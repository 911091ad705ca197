import { recordAudit } from "../audit/record-audit.ts";
import type { Fleet } from "../fleet.ts";
import type { Customer } from "../http/caller.ts";
import { digestOf } from "../model/secrets.ts";
import { createActivationCode, normalizeActivationCode } from "./activation-code.ts";
import { type Device, deviceColumns, type DeviceKind, type DeviceRow, toDevice } from "./device.ts";

export interface ProvisionedDevice {
  readonly device: Device;
  /** Shown this once; good for one registration. */
  readonly activationCode: string;
  readonly expiresAt: string;
}

/** A new device of the customer, and the code that its agent registers with. */
export async function provisionDevice(
  fleet: Fleet,
  { customerId, actor }: Customer,
  { name, kind }: { readonly name: string; readonly kind: DeviceKind },
): Promise<ProvisionedDevice> {
  const activationCode = createActivationCode();
  const at = new Date(fleet.now());
  const expiresAt = new Date(at.getTime() + fleet.limits.codeLifeMs);
  const id = Bun.randomUUIDv7();
  const row = await fleet.sql.transaction(async (sql) => {
    const [inserted] = await sql.query<DeviceRow>(
      `insert into fleet_devices
        (id, customer_id, name, kind, status, activation_hash, activation_expires_at, created_at)
        values ($1, $2, $3, $4, 'provisioned', $5, $6, $7) returning ${deviceColumns}`,
      [id, customerId, name, kind, digestOf(normalizeActivationCode(activationCode)), expiresAt, at],
    );
    const event = { subject: "device", subjectId: id, customerId, deviceId: id, sessionId: null } as const;
    await recordAudit(sql, {
      at,
      actor,
      events: [{ ...event, event: "provision", from: null, to: "provisioned" }],
    });
    return inserted;
  });
  if (row === undefined) throw new Error("an insert gave no row");
  return { device: toDevice(row), activationCode, expiresAt: expiresAt.toISOString() };
}
