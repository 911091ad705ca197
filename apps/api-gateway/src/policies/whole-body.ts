import { CartwayError, payloadTooLarge } from "@libs/errors";
import { parseExactJson, readJsonText, repeatsNames } from "@libs/json";
import { bodyLengthOf } from "../model/http/body-length.ts";
import { bodyStoppedComing, stillMsMax } from "../model/http/slow-body.ts";
import type { Exchange } from "../model/exchange/exchange.ts";

/** The exchange, whose `bytesIn` becomes the number of bytes read so far. */
type Reading = Pick<Exchange, "request" | "upstreamBody" | "signal" | "bodyBytesMax" | "bytesIn">;

/**
 * The body of a request, whole, for policies that look into it; what they leave is sent on with its length. Empty where there
 * is none. What is not there at the exchange's end is not waited for. The route's own limit holds as well. @param stillMs what stands still for so long has no more to come.
 * @throws CartwayError `payload_too_large`; `request_timeout`; `unsupported_media_type` where it is encoded and cannot be looked into.
 */
export async function readWholeBody(
  exchange: Reading,
  policyBytesMax: number,
  stillMs = stillMsMax,
): Promise<Uint8Array> {
  const { request, upstreamBody } = exchange;
  const bytesMax = Math.min(policyBytesMax, exchange.bodyBytesMax);
  if (upstreamBody instanceof Uint8Array) return withinLimit(upstreamBody, bytesMax);
  const coding = request.headers.get("content-encoding");
  if (coding !== null && coding.toLowerCase() !== "identity")
    throw new CartwayError("unsupported_media_type", {
      message: "The body must not have a content encoding.",
    });
  if ((bodyLengthOf(request) ?? 0) > bytesMax) throw payloadTooLarge(bytesMax);
  const stream = upstreamBody === undefined ? request.body : upstreamBody;
  const bytes = stream === null ? new Uint8Array() : await collect(stream, exchange, { bytesMax, stillMs });
  exchange.upstreamBody = bytes.byteLength === 0 ? null : bytes;
  return bytes;
}

/** @throws CartwayError `payload_too_large` as soon as it is known, `request_timeout`; the rest is not read. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  exchange: Pick<Exchange, "signal" | "bytesIn">,
  { bytesMax, stillMs }: { readonly bytesMax: number; readonly stillMs: number },
): Promise<Uint8Array> {
  const { signal } = exchange;
  const chunks: Uint8Array[] = [];
  const over = Promise.withResolvers<never>();
  const giveUp = (): void => over.reject(bodyStoppedComing());
  let [bytes, seen] = [0, -1];
  const reader = stream.getReader();
  const watch = setInterval(() => {
    if (bytes > seen) seen = bytes;
    else giveUp();
  }, stillMs);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), over.promise]);
      if (done) break;
      bytes += value.byteLength;
      exchange.bytesIn = bytes;
      if (bytes > bytesMax) throw payloadTooLarge(bytesMax);
      chunks.push(value);
    }
  } catch (thrown) {
    void reader.cancel(thrown).then(undefined, () => undefined);
    throw thrown;
  } finally {
    clearInterval(watch);
    signal.removeEventListener("abort", giveUp);
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, bytes);
}

function withinLimit(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.byteLength > bytesMax) throw payloadTooLarge(bytesMax);
  return bytes;
}

/** `application/json` and `application/*+json`. */
export function isJsonType(contentType: string | null): boolean {
  const type = mediaTypeOf(contentType);
  return type === "application/json" || /^[a-z0-9.-]+\/[a-z0-9.-]+\+json$/.test(type);
}

const charsetParameter = /;\s*charset\s*=\s*"?([^";\s]*)/gi;

/**
 * JSON is UTF-8 (RFC 8259, section 8.1): a service that goes by another charset would find something else in the same bytes.
 * @throws CartwayError `unsupported_media_type`
 */
export function requireUtf8(contentType: string | null): void {
  for (const [, charset = ""] of contentType?.matchAll(charsetParameter) ?? [])
    if (!/^(?:utf-?8|us-ascii)$/i.test(charset))
      throw new CartwayError("unsupported_media_type", { message: "JSON must be encoded in UTF-8." });
}

/** Without parameters, lower case; empty where there is none. */
export function mediaTypeOf(contentType: string | null): string {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Deeper than any real document, and far from the end of any stack. */
const jsonDepthMax = 512;

/**
 * For policies that write the value again: numbers keep their values, as `parseExactJson` says. @throws CartwayError `invalid_json` for what
 * is neither JSON nor UTF-8, or is nested too deeply.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  return readJsonBody(bytes, parseExactJson).value;
}

/** For policies that forward the bytes unchanged: all readers must understand them alike. @throws CartwayError also for duplicate names. */
export function parseUnambiguousBody(bytes: Uint8Array): unknown {
  const { text, value } = readJsonBody(bytes, JSON.parse);
  if (repeatsNames(text, value))
    throw new CartwayError("invalid_json", { message: "An object in the body has a duplicate name." });
  return value;
}

function readJsonBody(
  bytes: Uint8Array,
  parse: (text: string) => unknown,
): { readonly text: string; readonly value: unknown } {
  const read = readJsonText(bytes, jsonDepthMax, parse);
  if (read.ok) return read;
  const isTooDeep = read.fault === "depth";
  throw new CartwayError("invalid_json", isTooDeep ? { message: "The body is nested too deeply." } : {});
}
