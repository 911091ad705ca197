/** A kiosk, smart cart or payment terminal of a customer. `provisioned` until its agent has registered. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly status: "provisioned" | "active";
  readonly createdAt: string;
  readonly registeredAt: string | null;
}

export interface DeviceRow {
  readonly id: string;
  readonly name: string;
  readonly status: Device["status"];
  readonly created_at: Date;
  readonly registered_at: Date | null;
}

export function toDevice(row: DeviceRow): Device {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    registeredAt: row.registered_at?.toISOString() ?? null,
  };
}
