import { WireResponse } from "@libs/http1";
import { writeTraceContext } from "@libs/monitoring";
import type { ExchangeResponse } from "../model/exchange.ts";
import type { BodyEnding } from "./end-reason.ts";
import type { GatewayExchange } from "./gateway-exchange.ts";

/** Statuses that never have a body (RFC 9110, section 6.4.1). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304 || status === 205;
}

/**
 * The answer as the listener sends it. The exchange ends when the last byte was handed over, or when it is known that none will be: all
 * that it has to do then is done from here, once.
 */
export function toAnswer(response: ExchangeResponse, exchange: GatewayExchange): WireResponse {
  const { status, headers, body } = response;
  headers.set("x-request-id", exchange.requestId);
  const trace = exchange.trace?.span.context ?? null;
  if (trace !== null) writeTraceContext(headers, trace);
  if (isBodiless(status)) {
    exchange.end();
    return new WireResponse(status, headers.raw, null);
  }
  if (!(body instanceof ReadableStream)) {
    exchange.bytesOut = lengthOf(body);
    exchange.end();
    return new WireResponse(status, headers.raw, body);
  }
  // Nobody reads the body of an answer to HEAD.
  if (exchange.method === "HEAD") exchange.end();
  const bytes = response.streamed?.body === body ? response.streamed.bytes : null;
  return new WireResponse(status, headers.raw, endWith(body, exchange), bytes);
}

/** Once nobody waits any more the service is cut off by the gateway itself: what its body looks like then is not its doing. */
function endingOf({ request, signal }: GatewayExchange, seen: BodyEnding): BodyEnding {
  if (request.signal.aborted) return "left";
  return signal.aborted ? "late" : seen;
}

function lengthOf(body: Uint8Array | string | null): number {
  if (body === null) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}

/** Pulled, so that the client's pace holds the upstream back. A client that left before it read anything cancels nothing. */
function endWith(body: ReadableStream<Uint8Array>, exchange: GatewayExchange): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  exchange.signal.addEventListener("abort", () => exchange.end(endingOf(exchange, "cut")), { once: true });
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) {
          exchange.bytesOut += value.byteLength;
          return controller.enqueue(value);
        }
        exchange.end(endingOf(exchange, "whole"));
        controller.close();
      } catch (thrown) {
        exchange.end(endingOf(exchange, "cut"));
        controller.error(thrown);
      }
    },
    async cancel(reason) {
      exchange.end("left");
      await reader.cancel(reason);
    },
  });
}
