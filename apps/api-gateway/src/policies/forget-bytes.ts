import type { HeaderList } from "../model/header-list.ts";

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
export function forgetBytes(headers: HeaderList): void {
  for (const name of ofOldBytes) headers.delete(name);
  const etag = headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
}
