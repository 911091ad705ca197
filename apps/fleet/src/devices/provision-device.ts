import { recordAudit } from "../audit/record-audit.ts";
import type { Fleet } from "../fleet.ts";
import type { Customer } from "../http/caller.ts";
import { digestOf } from "../model/secrets.ts";
import { createActivationCode, normalizeActivationCode } from "./activation-code.ts";
import { type Device, deviceColumns, type DeviceKind, type DeviceRow, toDevice } from "./device.ts";

export interface WantedDevice {
  readonly name: string;
  readonly kind: DeviceKind;
}

export interface ProvisionedDevice {
  readonly device: Device;
  /** Shown only once; valid for one registration. */
  readonly activationCode: string;
  readonly expiresAt: string;
}

const insert = `
  insert into fleet_devices
    (id, customer_id, name, kind, status, activation_hash, activation_expires_at, created_at)
  select wanted.id, $1, wanted.name, wanted.kind, 'provisioned', wanted.hash, $2, $3
  from unnest($4::uuid[], $5::text[], $6::text[], $7::text[]) as wanted (id, name, kind, hash)
  returning ${deviceColumns}`;

/** New devices of the customer, each with the code that its agent registers with, in the order asked for: all of them or none. */
export async function provisionDevices(
  fleet: Fleet,
  { customerId, actor }: Customer,
  wanted: readonly WantedDevice[],
): Promise<readonly ProvisionedDevice[]> {
  const at = new Date(fleet.now());
  const expiresAt = new Date(at.getTime() + fleet.limits.codeLifeMs);
  const devices = wanted.map((one) => ({ ...one, id: Bun.randomUUIDv7(), code: createActivationCode() }));
  const rows = await fleet.sql.transaction(async (sql) => {
    const inserted = await sql.query<DeviceRow>(insert, [
      customerId,
      expiresAt,
      at,
      devices.map(({ id }) => id),
      devices.map(({ name }) => name),
      devices.map(({ kind }) => kind),
      devices.map(({ code }) => digestOf(normalizeActivationCode(code))),
    ]);
    const event = { subject: "device", customerId, sessionId: null, event: "provision" } as const;
    await recordAudit(sql, {
      at,
      actor,
      events: devices.map(({ id }) => ({
        ...event,
        subjectId: id,
        deviceId: id,
        from: null,
        to: "provisioned",
      })),
    });
    return new Map(inserted.map((row) => [row.id, row]));
  });
  return devices.map(({ id, code }) => {
    const row = rows.get(id);
    if (row === undefined) throw new Error("the insert returned no row");
    return { device: toDevice(row), activationCode: code, expiresAt: expiresAt.toISOString() };
  });
}
