import { Type } from "@sinclair/typebox";
import { reservedHeaderNames } from "../../model/http/reserved-headers.ts";

/** A header's name, in lower case. */
export const headerName = Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$", maxLength: 128 });

/** Headers that the gateway sets on every question itself, or that end with the connection. */
const ownWord =
  /^(connection|content-length|expect|forwarded|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|via|x-forwarded-(for|host|method|port|proto|uri)|x-original-(method|url)|x-real-ip|x-request-id)$/;

/** Headers that clients send on any route in their own right. */
const clientsOwn =
  /^(accept|accept-.*|cache-control|content-.*|cookie|date|if-.*|origin|pragma|priority|range|referer|sec-.*|set-cookie|traceparent|tracestate|user-agent)$/;

/** Whether a request header may be sent to the auth service. */
export function isSendable(name: string): boolean {
  return !ownWord.test(name) && !reservedHeaderNames.has(name);
}

/** Whether an answer may set the header: no route takes it from a client then. */
export function mayBeSetByAnswer(name: string): boolean {
  return !ownWord.test(name) && !clientsOwn.test(name);
}

/** Whether an answer's header may be forwarded to services: those that the gateway sets itself may not. */
export function isForwardable(name: string): boolean {
  return mayBeSetByAnswer(name) && !reservedHeaderNames.has(name);
}

/** The one header that services of other routes may authenticate callers by: there it stays the client's. */
export const authorization = "authorization";
