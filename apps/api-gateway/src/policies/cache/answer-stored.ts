import type { RequestHeaders } from "@libs/http1";
import type { Exchange, ExchangeResponse } from "../../model/exchange/exchange.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import { parseHttpDate } from "./http-date.ts";
import { ageOf, type StoredResponse } from "./stored-response.ts";

/** A stored answer for this exchange's client: with Age, as a 304 where the client has it already, without body for HEAD. */
export function answerStored(exchange: Exchange, stored: StoredResponse, now: number): ExchangeResponse {
  const headers = new HeaderList([...stored.headers]);
  headers.append("age", String(Math.floor(ageOf(stored, now) / 1000)));
  const lastModified = stored.lastModified ?? headers.get("date");
  if (isUnchanged(exchange.request.headers, { ...stored, lastModified }, now)) return notModified(headers);
  const { status, body } = stored;
  if (exchange.method === "HEAD" && status !== 204) headers.set("content-length", String(body.byteLength));
  const hasBody = exchange.method !== "HEAD" && status !== 204;
  return { status, headers, body: hasBody ? body : null };
}

/** Fields that a 304 omits, since they describe the absent body (RFC 9110, 15.4.5). */
const aboutBody: readonly string[] = [
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
];

export function notModified(headers: HeaderList): ExchangeResponse {
  for (const name of aboutBody) headers.delete(name);
  return { status: 304, headers, body: null };
}

/** Evaluates the client's conditions, in place of the service (RFC 9111, 4.3.2; RFC 9110, 13.2.2). */
export function isUnchanged(
  request: RequestHeaders,
  { status, etag, lastModified }: Pick<StoredResponse, "status" | "etag" | "lastModified">,
  now: number,
): boolean {
  if (status !== 200) return false;
  const noneMatch = request.get("if-none-match");
  if (noneMatch !== null) return matches(noneMatch, etag);
  const since = parseHttpDate(request.get("if-modified-since") ?? "", now);
  const modified = parseHttpDate(lastModified ?? "", now);
  return since !== null && modified !== null && modified <= since;
}

/** Whether they belong to another representation than the stored answer, as far as both tell (RFC 9111, 4.3.5). */
export function isOfAnother(
  stored: Pick<StoredResponse, "etag" | "lastModified">,
  { etag, lastModified }: Pick<StoredResponse, "etag" | "lastModified">,
): boolean {
  if (stored.etag !== null && etag !== null) return withoutWeakness(stored.etag) !== withoutWeakness(etag);
  return stored.lastModified !== null && lastModified !== null && stored.lastModified !== lastModified;
}

/** Weak comparison (RFC 9110, 8.8.3.2); `*` is any answer, also one without an ETag. */
function matches(list: string, etag: string | null): boolean {
  if (list.trim() === "*") return true;
  if (etag === null) return false;
  const opaque = withoutWeakness(etag);
  return (list.match(/(?:W\/)?"[^"]*"/g) ?? []).some((candidate) => withoutWeakness(candidate) === opaque);
}

function withoutWeakness(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}
