import { CartwayError } from "@libs/errors";
import type { Exchange, ExchangeResponse } from "../../model/exchange/exchange.ts";
import { dropBodyFields, weakenNotModified } from "../changed-body.ts";
import { isJsonType, parseJsonBody, readWholeBody, requireUtf8 } from "../whole-body.ts";
import type { ChangeBody } from "./body-changes.ts";

/**
 * The body for the service. @throws CartwayError `unsupported_media_type` for a body that is not JSON, which could contain the same data in
 * another form; `invalid_json`, `payload_too_large`, `validation_failed` if another value is in a path.
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

/** Only complete, unencoded bodies of services can be changed. */
export function askForPlainAnswer({ upstreamHeaders }: Exchange): void {
  upstreamHeaders.set("accept-encoding", "identity");
  upstreamHeaders.delete("range");
  upstreamHeaders.delete("if-range");
}

/**
 * The body for the client; one that is empty or not JSON is unchanged. @throws CartwayError `upstream_invalid` for JSON that cannot be changed,
 * because it may contain data to be removed.
 */
export async function transformResponseBody(
  exchange: Exchange,
  response: ExchangeResponse,
  { change, bytesMax }: { readonly change: ChangeBody; readonly bytesMax: number },
): Promise<void> {
  const { headers, body, error } = response;
  if (response.status === 304) return void weakenNotModified(exchange, headers);
  if (error !== undefined || !isJsonType(headers.get("content-type"))) return;
  dropBodyFields(headers);
  if (body === null) return;
  if (headers.has("content-encoding") || response.status === 206) throw invalid("is encoded, or a part");
  const bytes = await readAnswer(body, bytesMax);
  response.body = bytes;
  if (bytes.byteLength === 0) return;
  const parsed = parseAnswer(bytes);
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
