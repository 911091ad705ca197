import { CartwayError } from "@libs/errors";
import type { Exchange, ExchangeResponse } from "../../model/exchange/exchange.ts";
import { forgetBytes, keepWeakened } from "../forget-bytes.ts";
import { isJsonType, parseJsonBody, readWholeBody, requireUtf8 } from "../whole-body.ts";
import type { ChangeBody } from "./body-changes.ts";

/**
 * The body that the service gets. @throws CartwayError `unsupported_media_type` for a body that is not JSON: it could say in
 * another way what shall not be said; `invalid_json`, `payload_too_large`, `validation_failed` where a value is in the way.
 */
export async function transformRequestBody(
  exchange: Exchange,
  change: ChangeBody,
  bytesMax: number,
): Promise<undefined> {
  const bytes = await readWholeBody(exchange, bytesMax);
  if (bytes.byteLength === 0) return undefined;
  const contentType = exchange.request.headers.get("content-type");
  if (!isJsonType(contentType))
    throw new CartwayError("unsupported_media_type", { message: "The body must be JSON here." });
  requireUtf8(contentType);
  const body = parseJsonBody(bytes);
  const failed = change(body, exchange);
  if (failed.length > 0) {
    const details = failed.map((pointer) => ({ path: `/body${pointer}`, message: "is not allowed here" }));
    throw new CartwayError("validation_failed", { details });
  }
  exchange.upstreamBody = Buffer.from(JSON.stringify(body));
  for (const name of ["content-md5", "digest", "content-digest", "repr-digest"])
    exchange.upstreamHeaders.delete(name);
  return undefined;
}

/** What a service gives must be there to be changed: plain, and whole. */
export function askForPlainAnswer({ upstreamHeaders }: Exchange): void {
  upstreamHeaders.set("accept-encoding", "identity");
  upstreamHeaders.delete("range");
  upstreamHeaders.delete("if-range");
}

/**
 * The body that the client gets; one that is not JSON is left as it is. @throws CartwayError `upstream_invalid` for JSON that
 * cannot be changed: what shall not be told is not told.
 */
export async function transformResponseBody(
  exchange: Exchange,
  response: ExchangeResponse,
  { change, bytesMax }: { readonly change: ChangeBody; readonly bytesMax: number },
): Promise<void> {
  const { headers, body, error } = response;
  if (response.status === 304) return void keepWeakened(exchange, headers);
  if (error !== undefined || !isJsonType(headers.get("content-type"))) return;
  forgetBytes(headers);
  if (body === null) return;
  if (headers.has("content-encoding") || response.status === 206) throw invalid("is encoded, or a part");
  const parsed = parseAnswer(await readAnswer(body, bytesMax));
  const failed = change(parsed, exchange);
  if (failed.length > 0) throw invalid(`has something else at ${failed.join(", ")}`);
  response.body = Buffer.from(JSON.stringify(parsed));
}

async function readAnswer(
  body: NonNullable<ExchangeResponse["body"]>,
  bytesMax: number,
): Promise<Uint8Array> {
  if (!(body instanceof ReadableStream)) return typeof body === "string" ? Buffer.from(body) : body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw invalid("is larger than bodyBytesMax");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function parseAnswer(bytes: Uint8Array): unknown {
  try {
    return parseJsonBody(bytes);
  } catch (cause) {
    throw invalid("is no JSON", cause);
  }
}

function invalid(what: string, cause?: unknown): CartwayError {
  return new CartwayError("upstream_invalid", {
    message: "The service's response cannot be passed on.",
    internal: `the answer, to be transformed, ${what}`,
    cause,
  });
}
