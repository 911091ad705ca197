import type { HeaderList } from "../model/header-list.ts";

/** What is said of the bytes as they were. */
const ofOldBytes = [
  "content-length",
  "accept-ranges",
  "content-md5",
  "digest",
  "content-digest",
  "repr-digest",
];

/** An answer whose bytes are others now: what was said of the old ones goes, and a strong ETag becomes weak (RFC 9110, 8.8.1). */
export function forgetBytes(headers: HeaderList): void {
  for (const name of ofOldBytes) headers.delete(name);
  const etag = headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) headers.set("etag", `W/${etag}`);
}
