import { CartwayError } from "@libs/errors";
import type { DeviceKind } from "./device.ts";
import type { WantedDevice } from "./provision-device.ts";

export const provisionedAtOnceMax = 1000;
export const deviceNameCharsMax = 100;

/** One device, or `count` devices with numbered names. */
export interface WantedDevices {
  readonly name: string;
  readonly kind?: DeviceKind;
  readonly count?: number;
}

/**
 * Expands a request into single devices: `{ name: "Cart", count: 3 }` becomes `Cart 1`, `Cart 2` and `Cart 3`.
 * @throws CartwayError `validation_failed` for more than `provisionedAtOnceMax`, and where a numbered name is too long.
 */
export function expandWanted(asked: readonly WantedDevices[]): readonly WantedDevice[] {
  const total = asked.reduce((sum, { count = 1 }) => sum + count, 0);
  if (total > provisionedAtOnceMax)
    refuse("/devices", `asks for ${total} devices, ${provisionedAtOnceMax} at most are made at once`);
  return asked.flatMap(({ name, kind = "kiosk", count }, index) => {
    if (count === undefined) return [{ name, kind }];
    if (`${name} ${count}`.length > deviceNameCharsMax)
      refuse(`/devices/${index}/name`, `is with its number longer than ${deviceNameCharsMax} characters`);
    return Array.from({ length: count }, (_, number) => ({ name: `${name} ${number + 1}`, kind }));
  });
}

function refuse(path: string, message: string): never {
  throw new CartwayError("validation_failed", { details: [{ path, message }] });
}
