import type { Sql } from "@libs/database";
import { createActivationCode, digestOf, normalizeActivationCode } from "./activation-code.ts";
import { type Device, type DeviceRow, toDevice } from "./device.ts";

export interface NewDevice {
  readonly customerId: string;
  readonly name: string;
  readonly now: Date;
  readonly codeLifeMs: number;
}

export interface ProvisionedDevice {
  readonly device: Device;
  /** Shown this once; good for one registration. */
  readonly activationCode: string;
  readonly expiresAt: string;
}

export async function provisionDevice(
  sql: Sql,
  { customerId, name, now, codeLifeMs }: NewDevice,
): Promise<ProvisionedDevice> {
  const activationCode = createActivationCode();
  const expiresAt = new Date(now.getTime() + codeLifeMs);
  const [row] = await sql.query<DeviceRow>(
    `insert into fleet_devices (id, customer_id, name, status, activation_hash, activation_expires_at, created_at)
      values ($1, $2, $3, 'provisioned', $4, $5, $6) returning id, name, status, created_at, registered_at`,
    [Bun.randomUUIDv7(), customerId, name, digestOf(normalizeActivationCode(activationCode)), expiresAt, now],
  );
  if (row === undefined) throw new Error("an insert gave no row");
  return { device: toDevice(row), activationCode, expiresAt: expiresAt.toISOString() };
}
