import { declaredLength } from "@libs/elysia-server";
import { CartwayError } from "@libs/errors";
import type { Exchange } from "../model/exchange.ts";

/**
 * The body of a request, whole, for policies that look into it; what they leave is sent on with its length. Empty where there
 * is none. @throws CartwayError `payload_too_large`; `unsupported_media_type` where it is encoded and cannot be looked into.
 */
export async function readWholeBody(exchange: Exchange, bytesMax: number): Promise<Uint8Array> {
  const { request, upstreamBody } = exchange;
  if (upstreamBody instanceof Uint8Array) return withinLimit(upstreamBody, bytesMax);
  const coding = request.headers.get("content-encoding");
  if (coding !== null && coding.toLowerCase() !== "identity")
    throw new CartwayError("unsupported_media_type", { message: "The body must not be encoded here." });
  if ((declaredLength(request.headers) ?? 0) > bytesMax) throw new CartwayError("payload_too_large");
  const stream = upstreamBody === undefined ? request.body : upstreamBody;
  const bytes = stream === null ? new Uint8Array() : await collect(stream, bytesMax);
  exchange.upstreamBody = bytes.byteLength === 0 ? null : bytes;
  return bytes;
}

/** @throws CartwayError `payload_too_large` as soon as it is known; the rest is not read. */
async function collect(stream: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new CartwayError("payload_too_large");
    chunks.push(chunk);
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, bytes);
}

function withinLimit(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.byteLength > bytesMax) throw new CartwayError("payload_too_large");
  return bytes;
}

/** `application/json`, and `application/anything+json`. */
export function isJsonType(contentType: string | null): boolean {
  const type = mediaTypeOf(contentType);
  return type === "application/json" || /^[a-z0-9.-]+\/[a-z0-9.-]+\+json$/.test(type);
}

/** Without parameters, lower case; empty where there is none. */
export function mediaTypeOf(contentType: string | null): string {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws CartwayError `invalid_json` for what is neither JSON nor UTF-8. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new CartwayError("invalid_json", { cause });
  }
}
