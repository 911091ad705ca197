import { CartwayError } from "@libs/errors";
import { ipKey } from "@libs/ip";
import type { Actor } from "../audit/record-audit.ts";
import type { TokenHolder } from "../devices/device-statuses.ts";

/** A person of a customer, as the gateway has made sure. */
export interface Customer {
  readonly customerId: string;
  readonly actor: Actor & { readonly kind: "person" };
}

const identifier = /^[\w.:@|%+-]{1,128}$/;
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * The customer and the person that the gateway's reserved headers name: `x-tenant-id` and `x-user-id`. A device of the customer has both
 * as well, and is no person: it could approve what is to be done to it.
 * @throws CartwayError `unauthenticated` without a person, `forbidden` without a customer and for a device
 */
export function readCustomer({ headers }: Request): Customer {
  if (headers.has("x-device-id") || headers.get("x-auth-method") === "device-session")
    throw new CartwayError("forbidden", { message: "A device is no person of its customer." });
  const userId = headers.get("x-user-id") ?? "";
  if (!identifier.test(userId)) throw new CartwayError("unauthenticated");
  const customerId = headers.get("x-tenant-id") ?? "";
  if (!identifier.test(customerId)) {
    throw new CartwayError("forbidden", { message: "The token names no customer." });
  }
  return { customerId, actor: { kind: "person", id: userId } };
}

/** The device and its token, as the gateway has verified it. @throws CartwayError `unauthenticated` */
export function readDevice({ headers }: Request): TokenHolder {
  const deviceId = headers.get("x-device-id") ?? "";
  const tokenId = headers.get("x-session-id") ?? "";
  if (!uuid.test(deviceId) || !uuid.test(tokenId)) throw new CartwayError("unauthenticated");
  return { deviceId, tokenId };
}

/** The same of a frame: `caller` as the hub has set it. @throws CartwayError `unauthenticated` */
export function readDeviceCaller(caller: unknown): TokenHolder {
  if (typeof caller !== "object" || caller === null) throw new CartwayError("unauthenticated");
  const { authMethod, userId, sessionId }: Partial<Record<string, unknown>> = caller;
  const isDevice = authMethod === "device-session" && typeof userId === "string" && uuid.test(userId);
  if (!isDevice || typeof sessionId !== "string" || !uuid.test(sessionId))
    throw new CartwayError("unauthenticated");
  return { deviceId: userId, tokenId: sessionId };
}

/** Whose guesses are counted together: the address past the gateway's trusted proxies, of IPv6 the /64 that every host has whole. */
export function readAddress({ headers }: Request): string {
  return ipKey((headers.get("x-real-ip") ?? "").slice(0, 64)) || "unknown";
}
