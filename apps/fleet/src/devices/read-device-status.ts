import type { Fleet } from "../fleet.ts";
import type { Customer } from "../http/caller.ts";
import type { DeviceState } from "../model/device-states.ts";
import type { ReportedStatus } from "./device-statuses.ts";
import { noSuchDevice } from "./find-devices.ts";

export interface DeviceStatusView {
  readonly deviceId: string;
  readonly status: DeviceState;
  readonly online: boolean;
  /** ISO 8601 */
  readonly lastSeenAt: string | null;
  readonly reported: ReportedStatus | null;
}

/** From the cache where it is recent. @throws CartwayError `not_found`, also for another customer's device */
export async function readDeviceStatus(
  fleet: Fleet,
  { customerId }: Customer,
  deviceId: string,
): Promise<DeviceStatusView> {
  const status = await fleet.statuses.find(deviceId);
  if (status?.customerId !== customerId) throw noSuchDevice();
  const { state, online, lastSeenAtMs, reported } = status;
  const lastSeenAt = lastSeenAtMs === null ? null : new Date(lastSeenAtMs).toISOString();
  return { deviceId, status: state, online, lastSeenAt, reported };
}
