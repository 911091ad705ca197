import type { Fleet } from "../../fleet.ts";
import { readDevice } from "../caller.ts";

/** The id of the calling device. @throws CartwayError unless its token belongs to the device's current registration */
export async function callingDevice({ statuses }: Fleet, request: Request): Promise<string> {
  const { deviceId } = await statuses.requireHolder(readDevice(request));
  return deviceId;
}
