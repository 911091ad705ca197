import type { ExchangeResponse } from "../model/exchange.ts";
import type { GatewayExchange } from "./gateway-exchange.ts";

/** Statuses that never have a body (RFC 9110, section 6.4.1). */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304 || status === 205;
}

/** The answer as Bun sends it. What the exchange has to do at its end is done when the last byte was handed over. */
export function toResponse({ status, headers, body }: ExchangeResponse, exchange: GatewayExchange): Response {
  const fields = new Headers();
  const { raw } = headers;
  for (let index = 0; index < raw.length; index += 2) fields.append(raw[index] ?? "", raw[index + 1] ?? "");
  fields.set("x-request-id", exchange.requestId);
  if (isBodiless(status)) {
    exchange.end();
    return new Response(null, { status, headers: fields });
  }
  if (!(body instanceof ReadableStream)) {
    exchange.end();
    return new Response(body as Uint8Array<ArrayBuffer> | string | null, { status, headers: fields });
  }
  return new Response(exchange.hasEndings ? endWith(body, exchange) : body, { status, headers: fields });
}

/** Pulled, so that the client's pace holds the upstream back. A client that left before it read anything cancels nothing. */
function endWith(body: ReadableStream<Uint8Array>, exchange: GatewayExchange): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  exchange.signal.addEventListener("abort", () => exchange.end(), { once: true });
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        exchange.end();
        controller.close();
      } catch (thrown) {
        exchange.end();
        controller.error(thrown);
      }
    },
    async cancel(reason) {
      exchange.end();
      await reader.cancel(reason);
    },
  });
}
