import { payloadTooLarge } from "@libs/errors";
import type { IncomingRequest } from "@libs/http1";
import type { Exchange } from "../exchange/exchange.ts";
import type { MaybePromise } from "../maybe-promise.ts";
import { bodyLengthOf } from "./body-length.ts";
import { inTime, stillMsMax } from "./slow-body.ts";

/** Bodies up to this size are read whole: they keep their length upstream, and can be sent again. */
export const smallBodyBytesMax = 65_536;

/** @throws CartwayError `request_timeout` where the body is not complete within `ms`. */
export function readSmallBody(request: IncomingRequest, ms: number): MaybePromise<Uint8Array> {
  const reading = request.bytes();
  // most small bodies are complete already
  const body = Bun.peek.status(reading) === "fulfilled" ? Bun.peek(reading) : reading;
  return body instanceof Promise ? inTime(body, ms) : body;
}

/**
 * Reads a small body before the request takes what others wait for, so that a caller who sends it slowly holds up nobody. Larger ones are
 * streamed, and come while the request is under way.
 * @throws CartwayError `payload_too_large`, `request_timeout`
 */
export function prepareSmallBody(exchange: Exchange): MaybePromise<void> {
  if (exchange.upstreamBody !== undefined) return undefined;
  const { request, bodyBytesMax, deadline } = exchange;
  const length = bodyLengthOf(request);
  if (length === null || length === 0) return undefined;
  if (length > bodyBytesMax) throw payloadTooLarge(bodyBytesMax);
  if (length > smallBodyBytesMax) return undefined;
  const keep = (body: Uint8Array): void => {
    exchange.bytesIn = body.byteLength;
    exchange.upstreamBody = body;
  };
  const body = readSmallBody(request, Math.min(stillMsMax, deadline - performance.now()));
  return body instanceof Promise ? body.then(keep) : keep(body);
}
