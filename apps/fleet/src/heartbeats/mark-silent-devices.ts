import type { Fleet } from "../fleet.ts";

/** Marks devices without a recent heartbeat as offline and tells their customers. */
export async function markSilentDevices(fleet: Fleet): Promise<void> {
  const since = new Date(fleet.now() - fleet.limits.offlineAfterMs);
  const rows = await fleet.sql.query<{ id: string; customer_id: string }>(
    `update fleet_devices set online = false where id in
        (select id from fleet_devices where online and last_seen_at < $1 for update skip locked)
      returning id, customer_id`,
    [since],
    { prepareAs: "fleet_silent" },
  );
  for (const { id: deviceId, customer_id: customerId } of rows) {
    fleet.statuses.invalidate(deviceId);
    fleet.live.tellCustomer(customerId, "device_status", { deviceId, online: false });
  }
}
