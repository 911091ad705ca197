import type { DeviceState } from "../model/device-states.ts";
import type { ReportedStatus } from "./device-statuses.ts";

export const deviceKinds = ["kiosk", "smart_cart", "terminal"] as const;

export type DeviceKind = (typeof deviceKinds)[number];

/** A device of a customer. `provisioned` until its agent has registered. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly status: DeviceState;
  readonly online: boolean;
  /** ISO 8601, as all times. */
  readonly lastSeenAt: string | null;
  readonly reported: ReportedStatus | null;
  readonly createdAt: string;
  readonly registeredAt: string | null;
}

export interface DeviceRow {
  readonly id: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly status: DeviceState;
  readonly online: boolean;
  readonly last_seen_at: Date | null;
  readonly reported: ReportedStatus | null;
  readonly created_at: Date;
  readonly registered_at: Date | null;
}

export const deviceColumns =
  "id, name, kind, status, online, last_seen_at, reported, created_at, registered_at";

export function toDevice(row: DeviceRow): Device {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    status: row.status,
    online: row.online,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    reported: row.reported,
    createdAt: row.created_at.toISOString(),
    registeredAt: row.registered_at?.toISOString() ?? null,
  };
}
