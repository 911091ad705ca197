import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import type { DeviceState } from "../model/device-states.ts";
import { type Device, deviceColumns, type DeviceKind, type DeviceRow, toDevice } from "./device.ts";

export interface DeviceFilter {
  readonly status: DeviceState | null;
  readonly kind: DeviceKind | null;
  readonly online: boolean | null;
  /** Part of the name, in any case. */
  readonly search: string | null;
  /** Id of the last device of the previous page; ids grow with time. */
  readonly after: string | null;
  readonly limit: number;
}

/** A page of the customer's devices, the oldest first. */
export async function listDevices(
  sql: Sql,
  customerId: string,
  { status, kind, online, search, after, limit }: DeviceFilter,
): Promise<readonly Device[]> {
  const pattern = search === null ? null : `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const rows = await sql.query<DeviceRow>(
    `select ${deviceColumns} from fleet_devices
      where customer_id = $1 and ($2::text is null or status = $2) and ($3::text is null or kind = $3)
        and ($4::boolean is null or online = $4) and ($5::text is null or name ilike $5)
        and ($6::uuid is null or id > $6)
      order by id limit $7`,
    [customerId, status, kind, online, pattern, after, limit],
    { prepareAs: "fleet_list_devices" },
  );
  return rows.map(toDevice);
}

/** @throws CartwayError `not_found`, also where the device is another customer's, so that nobody learns which ids exist. */
export async function findDevice(sql: Sql, customerId: string, id: string): Promise<Device> {
  const [row] = await sql.query<DeviceRow>(
    `select ${deviceColumns} from fleet_devices where customer_id = $1 and id = $2`,
    [customerId, id],
    { prepareAs: "fleet_find_device" },
  );
  if (row === undefined) throw noSuchDevice();
  return toDevice(row);
}

export function noSuchDevice(): CartwayError {
  return new CartwayError("not_found", { message: "There is no such device." });
}
