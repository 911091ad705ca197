import { CartwayError } from "./cartway-error.ts";

/** Why a body is refused, with the limit that it exceeds: its sender can obey it, and an operator look for the setting. */
export function payloadTooLarge(bodyBytesMax: number): CartwayError {
  return new CartwayError("payload_too_large", { details: { bodyBytesMax } });
}
