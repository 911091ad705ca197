import type { ExchangeResponse } from "../../model/exchange.ts";
import type { RateLimitConfig } from "./schema.ts";

/**
 * Units that an answer cost, 0 where it does not say; `null` where only its sending will tell, as of a stream without a length. An answer to
 * HEAD tells the length of what is not sent. A service can neither give budget back nor take more than is finite.
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
