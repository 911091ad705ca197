import type { ExchangeResponse } from "../../model/exchange/exchange.ts";
import type { RateLimitConfig } from "./schema.ts";

/**
 * The cost of an answer in units, 0 where it does not state one; `null` where it is only known once sent, as for a stream of unknown
 * length. For HEAD, the length refers to what is not sent. Services can neither return budget nor charge infinite amounts.
 */
export function readResponseCost(
  response: ExchangeResponse,
  source: NonNullable<RateLimitConfig["responseCost"]>,
  method: string,
): number | null {
  if (source === "bytes") return method === "HEAD" ? 0 : bodyBytes(response);
  const text = response.headers.get(source.header);
  return text === null || !/^\d{1,15}(?:\.\d{1,6})?$/.test(text) ? 0 : Number(text);
}

function bodyBytes({ body, headers }: ExchangeResponse): number | null {
  if (body === null) return 0;
  if (body instanceof Uint8Array) return body.byteLength;
  if (typeof body === "string") return Buffer.byteLength(body);
  const declared = headers.get("content-length");
  return declared !== null && /^\d{1,15}$/.test(declared) ? Number(declared) : null;
}
