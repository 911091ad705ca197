import type { ReportedStatus } from "../devices/device-statuses.ts";
import type { Fleet } from "../fleet.ts";

export interface HeartbeatRequest {
  readonly deviceId: string;
  readonly reported: ReportedStatus;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Records that a device is alive and its status. Tells its customer if the status changed. @throws CartwayError as `requireActive` */
export async function recordHeartbeat(
  fleet: Fleet,
  { deviceId, reported, metrics }: HeartbeatRequest,
): Promise<{ readonly serverTime: string }> {
  const { statuses } = fleet;
  const before = await statuses.requireActive(deviceId);
  const atMs = fleet.now();
  const { customerId } = before;
  fleet.heartbeats.add({ deviceId, customerId, atMs, reported, metrics });
  statuses.seen(before, { atMs, reported });
  if (!before.online || before.reported?.status !== reported.status) {
    fleet.live.tellCustomer(customerId, "device_status", {
      deviceId,
      status: "active",
      online: true,
      reported,
    });
  }
  return { serverTime: new Date(atMs).toISOString() };
}
