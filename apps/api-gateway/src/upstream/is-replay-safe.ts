import type { UpstreamFailure } from "../model/upstream/upstream.ts";

/** Methods that have the same effect once or twice (RFC 9110, section 9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

export interface SentRequest {
  readonly method: string;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
  /** The caller has given it a key by which its service does it once, however often it comes. */
  readonly hasIdempotencyKey?: boolean;
}

/**
 * The one predicate behind every retry. A request may be sent again when no target can have processed any of it, or when its method is
 * idempotent or it has a key that makes it so; always only while its body can still be sent. A client that left is never retried for.
 *
 * @param failure `null` where a target did answer, with a status that the service lists as worth another attempt.
 */
export function isReplaySafe(request: SentRequest, failure: UpstreamFailure | null): boolean {
  return failure?.kind !== "aborted" && mayBeSent(request, failure?.sent === "none");
}

/** The same for all attempts so far together. @param isUnsent no target can have processed any of it. */
export function mayBeSent(request: SentRequest, isUnsent: boolean): boolean {
  if (!isBodyLeft(request.body, isUnsent)) return false;
  if (isUnsent || idempotentMethods.has(request.method)) return true;
  return request.hasIdempotencyKey === true;
}

/** Bytes can be sent any number of times, a stream once: whoever begins to send it locks it. */
function isBodyLeft(body: SentRequest["body"], isUnsent: boolean): boolean {
  return !(body instanceof ReadableStream) || (isUnsent && !body.locked);
}
