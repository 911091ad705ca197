import type { ExchangeResponse } from "../../model/exchange.ts";
import type { RateLimitConfig } from "./schema.ts";

/** Units that an answer cost; 0 where it does not say. A service can neither give budget back nor take more than is finite. */
export function readResponseCost(
  response: ExchangeResponse,
  source: NonNullable<RateLimitConfig["responseCost"]>,
): number {
  if (source === "bytes") return bodyBytes(response);
  const text = response.headers.get(source.header);
  const units = text === null || !/^\d{1,15}(?:\.\d{1,6})?$/.test(text) ? 0 : Number(text);
  return units;
}

function bodyBytes({ body, headers }: ExchangeResponse): number {
  if (body instanceof Uint8Array) return body.byteLength;
  if (typeof body === "string") return Buffer.byteLength(body);
  const declared = headers.get("content-length");
  return declared !== null && /^\d{1,15}$/.test(declared) ? Number(declared) : 0;
}
