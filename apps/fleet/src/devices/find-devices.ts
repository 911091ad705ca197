import type { Sql } from "@libs/database";
import { type Device, type DeviceRow, toDevice } from "./device.ts";

const columns = "id, name, status, created_at, registered_at";

export async function listDevices(sql: Sql, customerId: string): Promise<readonly Device[]> {
  const rows = await sql.query<DeviceRow>(
    `select ${columns} from fleet_devices where customer_id = $1 order by created_at, id limit 500`,
    [customerId],
  );
  return rows.map(toDevice);
}

/** `null` also where the device is another customer's: nobody learns which ids exist. */
export async function findDevice(sql: Sql, customerId: string, id: string): Promise<Device | null> {
  const [row] = await sql.query<DeviceRow>(
    `select ${columns} from fleet_devices where customer_id = $1 and id = $2`,
    [customerId, id],
  );
  return row === undefined ? null : toDevice(row);
}
