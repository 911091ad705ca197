import type { Exchange } from "../model/exchange/exchange.ts";
import type { HeaderList } from "../model/http/header-list.ts";

/** Fields that describe the original bytes. */
const ofOldBytes = [
  "content-length",
  "accept-ranges",
  "content-md5",
  "digest",
  "content-digest",
  "repr-digest",
];

/** Adjusts the head of an answer whose body was changed: drops what describes the old bytes, and weakens a strong ETag (RFC 9110, 8.8.1). */
export function dropBodyFields(headers: HeaderList): void {
  for (const name of ofOldBytes) headers.delete(name);
  const strong = strongEtag(headers);
  if (strong !== null) headers.set("etag", `W/${strong}`);
}

/**
 * Weakens the ETag of a 304 if the client's condition has a weakened one: a cache would otherwise store a strong one for bytes that are not
 * the service's. @returns whether it was weakened
 */
export function weakenNotModified({ upstreamHeaders }: Exchange, headers: HeaderList): boolean {
  const strong = strongEtag(headers);
  if (strong === null) return false;
  const asked = upstreamHeaders.get("if-none-match")?.split(",") ?? [];
  if (!asked.some((etag) => etag.trim() === `W/${strong}`)) return false;
  headers.set("etag", `W/${strong}`);
  return true;
}

function strongEtag(headers: HeaderList): string | null {
  const etag = headers.get("etag");
  return etag === null || etag.startsWith("W/") ? null : etag;
}
