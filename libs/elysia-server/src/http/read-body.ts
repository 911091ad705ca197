import { payloadTooLarge } from "@libs/errors";
import type { IncomingRequest } from "@libs/http1";
import { declaredLength } from "./declared-length.ts";

/**
 * Reads the whole body. Throws `payload_too_large` as soon as the limit is known to be exceeded: by the declared length, before a byte is
 * read, or while it streams in.
 */
export async function readBody(request: IncomingRequest, bytesMax: number): Promise<Uint8Array> {
  const declared = declaredLength(request.headers);
  if (declared !== null) {
    if (declared > bytesMax) throw payloadTooLarge(bytesMax);
    return request.bytes();
  }
  if (request.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.byteLength;
    // leaving the loop cancels the stream
    if (length > bytesMax) throw payloadTooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
