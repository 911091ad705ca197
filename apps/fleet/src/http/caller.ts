import { CartwayError } from "@libs/errors";
import { ipKey } from "@libs/ip";
import type { Actor } from "../audit/record-audit.ts";
import type { TokenHolder } from "../devices/device-statuses.ts";

/** A person of a customer, authenticated by the gateway. */
export interface Customer {
  readonly customerId: string;
  readonly actor: Actor & { readonly kind: "person" };
}

const identifier = /^[\w.:@|%+-]{1,128}$/;
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * The customer and the person named by the gateway's reserved headers `x-tenant-id` and `x-user-id`. A device of the customer has both
 * headers too, but is refused: it could otherwise approve commands for itself.
 * @throws CartwayError `unauthenticated` without a person, `forbidden` without a customer and for a device
 */
export function readCustomer({ headers }: Request): Customer {
  if (headers.has("x-device-id") || headers.get("x-auth-method") === "device-session")
    throw new CartwayError("forbidden", { message: "Devices cannot use routes for customers." });
  const userId = headers.get("x-user-id") ?? "";
  if (!identifier.test(userId)) throw new CartwayError("unauthenticated");
  const customerId = headers.get("x-tenant-id") ?? "";
  if (!identifier.test(customerId)) {
    throw new CartwayError("forbidden", { message: "The token does not name a customer." });
  }
  return { customerId, actor: { kind: "person", id: userId } };
}

/** The device and its token, verified by the gateway. @throws CartwayError `unauthenticated` */
export function readDevice({ headers }: Request): TokenHolder {
  const deviceId = headers.get("x-device-id") ?? "";
  const tokenId = headers.get("x-session-id") ?? "";
  if (!uuid.test(deviceId) || !uuid.test(tokenId)) throw new CartwayError("unauthenticated");
  return { deviceId, tokenId };
}

/** The same for a frame: `caller` as set by the hub. @throws CartwayError `unauthenticated` */
export function readDeviceCaller(caller: unknown): TokenHolder {
  if (typeof caller !== "object" || caller === null) throw new CartwayError("unauthenticated");
  const { authMethod, userId, sessionId }: Partial<Record<string, unknown>> = caller;
  const isDevice = authMethod === "device-session" && typeof userId === "string" && uuid.test(userId);
  if (!isDevice || typeof sessionId !== "string" || !uuid.test(sessionId))
    throw new CartwayError("unauthenticated");
  return { deviceId: userId, tokenId: sessionId };
}

/** The key by which guesses are counted: the address behind the gateway's trusted proxies, for IPv6 its /64, which one host usually has to itself. */
export function readAddress({ headers }: Request): string {
  return ipKey((headers.get("x-real-ip") ?? "").slice(0, 64)) || "unknown";
}
