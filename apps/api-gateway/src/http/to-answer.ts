import type { AppServer } from "@libs/elysia-server";
import { discard, type Trailers, takesTrailers, WireResponse } from "@libs/http1";
import { writeTraceContext } from "@libs/monitoring";
import type { ExchangeResponse } from "../model/exchange/exchange.ts";
import type { BodyEnding } from "./end-reason.ts";
import type { GatewayExchange } from "./gateway-exchange.ts";
import type { SlowReaders } from "./slow-readers.ts";

/** Context of sending answers. */
export interface Sending {
  readonly server: Pick<AppServer, "timeout">;
  readonly slowReaders: SlowReaders;
}

/** Statuses that never have a body (RFC 9110, section 6.4.1). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304 || status === 205;
}

/**
 * Converts a response for the listener. The exchange ends when the last byte was delivered, or when none will be; its end is triggered
 * here, once.
 */
export function toAnswer(
  response: ExchangeResponse,
  exchange: GatewayExchange,
  sending: Sending,
): WireResponse {
  const { status, statusText: reason = "", headers, body } = response;
  headers.set("x-request-id", exchange.requestId);
  const trace = exchange.trace?.span.context ?? null;
  if (trace !== null) writeTraceContext(headers, trace);
  if (isBodiless(status)) {
    // nobody will read the body: its source must not wait
    discard(response);
    exchange.end();
    return new WireResponse(status, headers.others, null, { reason, block: headers.block });
  }
  if (!(body instanceof ReadableStream)) {
    exchange.bytesOut = exchange.method === "HEAD" ? 0 : lengthOf(body);
    exchange.end();
    return new WireResponse(status, headers.others, body, { reason, block: headers.block });
  }
  const streamed = response.streamed?.body === body ? response.streamed : null;
  const trailers = trailersFor(exchange, streamed?.trailers ?? null);
  if (trailers !== null && trailers.announced !== null) headers.set("trailer", trailers.announced);
  const sent = endWith(body, exchange, sending);
  const contentLength = streamed?.bytes ?? null;
  const { block, others } = headers;
  return new WireResponse(status, others, sent, { reason, block, contentLength, trailers });
}

/** Trailers are only sent to clients that announce support for them. */
function trailersFor({ request }: GatewayExchange, trailers: Trailers | null): Trailers | null {
  return trailers !== null && takesTrailers(request.headers.get("te")) ? trailers : null;
}

/** After a timeout or when the client left, the broken upstream body is caused by the gateway, not by the service. */
function endingOf({ request, signal }: GatewayExchange, seen: BodyEnding): BodyEnding {
  if (request.signal.aborted) return "left";
  return signal.aborted ? "late" : seen;
}

function lengthOf(body: Uint8Array | string | null): number {
  if (body === null) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}

/** Pull-based, so that the client's pace reaches the upstream. A client that leaves before its first read cancels nothing. */
function endWith(
  body: ReadableStream<Uint8Array>,
  exchange: GatewayExchange,
  { server, slowReaders }: Sending,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let giveUp = (): void => undefined;
  const reading = slowReaders.open(exchange.routeId, () => giveUp());
  const end = (ending: BodyEnding): void => {
    slowReaders.close(reading);
    exchange.end(ending);
  };
  const { signal } = exchange;
  if (signal.aborted) end(endingOf(exchange, "cut"));
  else signal.addEventListener("abort", () => end(endingOf(exchange, "cut")), { once: true });
  // nobody reads the body of an answer to HEAD
  if (exchange.method === "HEAD") end("whole");
  return new ReadableStream({
    start(controller) {
      giveUp = () => {
        end("slow");
        server.timeout?.(exchange.request, 1);
        controller.error(new Error("the client does not read its response"));
        // a source that has failed meanwhile has ended as well
        reader.cancel().catch(() => undefined);
      };
    },
    async pull(controller) {
      reading.taken();
      try {
        const { done, value } = await reader.read();
        if (!done) {
          exchange.bytesOut += value.byteLength;
          reading.offered();
          return controller.enqueue(value);
        }
        end(endingOf(exchange, "whole"));
        controller.close();
      } catch (thrown) {
        end(endingOf(exchange, "cut"));
        controller.error(thrown);
      }
    },
    async cancel(reason) {
      end("left");
      await reader.cancel(reason);
    },
  });
}
