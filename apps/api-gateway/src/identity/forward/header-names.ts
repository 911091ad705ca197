import { Type } from "@sinclair/typebox";
import { reservedHeaderNames } from "../../model/reserved-headers.ts";

/** A header's name, in lower case. */
export const headerName = Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$", maxLength: 128 });

/** What every question is told by the gateway itself, or ends with its connection. */
const ownWord =
  /^(connection|content-length|expect|forwarded|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|via|x-forwarded-(for|host|method|port|proto|uri)|x-original-(method|url)|x-real-ip|x-request-id)$/;

/** What clients send on any route and of their own right. */
const clientsOwn =
  /^(accept|accept-.*|cache-control|content-.*|cookie|date|if-.*|origin|pragma|priority|range|referer|sec-.*|set-cookie|traceparent|tracestate|user-agent)$/;

/** Whether a header of a request may be sent along with the question about it. */
export function isSendable(name: string): boolean {
  return !ownWord.test(name) && !reservedHeaderNames.has(name);
}

/** Whether an answer may say it: no route takes such a header from a client any more. */
export function isTellable(name: string): boolean {
  return !ownWord.test(name) && !clientsOwn.test(name);
}

/** Whether an answer's header may go to services as it is. What the gateway says of callers is its own to say. */
export function isForwardable(name: string): boolean {
  return isTellable(name) && !reservedHeaderNames.has(name);
}

/** The one header that the services of other routes may know their callers by: there it stays the client's. */
export const authorization = "authorization";
