import { CartwayError } from "@libs/errors";

/** How long the body of a request may stand still before the gateway, which waits for it, gives up. */
export const stillMsMax = 30_000;

/** The error for a request whose own body stopped arriving: the caller's fault, never the target's. */
export function bodyStoppedComing(): CartwayError {
  return new CartwayError("request_timeout", { headers: { connection: "close" } });
}

/** @throws CartwayError `request_timeout` where what is read of a body has not come within `ms`. */
export async function inTime<T>(reading: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(bodyStoppedComing()), Math.max(0, ms));
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
