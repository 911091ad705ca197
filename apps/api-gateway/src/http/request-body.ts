import type { IncomingRequest } from "@libs/http1";
import { payloadTooLarge } from "@libs/errors";
import type { Exchange } from "../model/exchange/exchange.ts";
import { bodyLengthOf } from "../model/http/body-length.ts";
import { inTime } from "../model/http/slow-body.ts";
import { readSmallBody, smallBodyBytesMax } from "../model/http/small-body.ts";

export interface RequestBody {
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  readonly contentLength: number | null;
}

/** The exchange, whose `bytesIn` becomes the length of the body: as declared, or as read so far. */
type Reading = Pick<Exchange, "request" | "bodyBytesMax" | "deadline" | "bytesIn">;

const noBody: RequestBody = { body: null, contentLength: null };

/**
 * The body to send: none, bytes where it is small, otherwise a stream of at most `bodyBytesMax`.
 * @param idleMs how long the body may make no progress.
 * @throws CartwayError `payload_too_large`, `request_timeout`, `invalid_header` for an invalid length.
 */
export function readRequestBody(exchange: Reading, idleMs: number): RequestBody | Promise<RequestBody> {
  const { request, bodyBytesMax, deadline } = exchange;
  const contentLength = bodyLengthOf(request);
  if (contentLength === null) {
    if (request.body === null) return noBody;
    const body = limited(request.body, exchange);
    return request.headers.has("transfer-encoding") ? { body, contentLength } : begun(body, idleMs, deadline);
  }
  if (contentLength === 0 && !request.headers.has("content-length")) return noBody;
  if (contentLength > bodyBytesMax) throw payloadTooLarge(bodyBytesMax);
  exchange.bytesIn = contentLength;
  if (contentLength <= smallBodyBytesMax)
    return readWhole(request, Math.min(idleMs, deadline - performance.now()));
  return { body: request.body, contentLength };
}

/** A small body must arrive completely within the time that a larger one may take between two bytes. */
function readWhole(request: IncomingRequest, ms: number): RequestBody | Promise<RequestBody> {
  const body = readSmallBody(request, ms);
  return body instanceof Promise ? body.then(wholeOf) : wholeOf(body);
}

/** Waits for the first byte: returns the same body, or none if it ends without one, as most requests do that do not announce one. */
async function begun(
  body: ReadableStream<Uint8Array>,
  idleMs: number,
  deadline: number,
): Promise<RequestBody> {
  const reader = body.getReader();
  let first: Awaited<ReturnType<typeof reader.read>> | null = await inTime(
    reader.read(),
    Math.min(idleMs, deadline - performance.now()),
  );
  if (first.done) return noBody;
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = first ?? (await reader.read());
      first = null;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { body: whole, contentLength: null };
}

function wholeOf(body: Uint8Array): RequestBody {
  return { body, contentLength: body.byteLength };
}

/** A body of unknown length, failing with `payload_too_large` at its limit. Pull-based, for backpressure from the upstream. */
function limited(body: ReadableStream<Uint8Array>, exchange: Reading): ReadableStream<Uint8Array> {
  const { bodyBytesMax } = exchange;
  const reader = body.getReader();
  let bytes = 0;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      bytes += value.byteLength;
      exchange.bytesIn = bytes;
      if (bytes > bodyBytesMax) {
        const error = payloadTooLarge(bodyBytesMax);
        await reader.cancel(error);
        return controller.error(error);
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
