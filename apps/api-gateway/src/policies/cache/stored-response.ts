/** An answer as it is kept, with what was worked out of its headers once. Times are milliseconds; those at a clock since the epoch. */
export interface StoredResponse {
  readonly status: number;
  /** `[name, value, ...]`, without fields that are computed for each answer. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  /** When the gateway had the answer's head. */
  readonly receivedAt: number;
  /** How old it was then (RFC 9111, 4.2.3). */
  readonly initialAgeMs: number;
  readonly freshMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Must be revalidated before each use. */
  readonly noCache: boolean;
  /** Must not be given once stale, whatever a request allows. */
  readonly mustRevalidate: boolean;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export function ageOf(stored: StoredResponse, now: number): number {
  return Math.max(0, stored.initialAgeMs + now - stored.receivedAt);
}

/** After it, the answer is of no use: neither fresh, nor usable stale, nor worth a question whether it changed. */
export function usefulUntil(stored: StoredResponse): number {
  const staleMs = Math.max(stored.staleWhileRevalidateMs, stored.staleIfErrorMs);
  const revalidateMs = stored.etag === null && stored.lastModified === null ? 0 : revalidatableMs;
  return stored.receivedAt - stored.initialAgeMs + stored.freshMs + Math.max(staleMs, revalidateMs);
}

/** How long a stale answer with a validator is kept for revalidation. */
const revalidatableMs = 86_400_000;

/** Approximate size in bytes, keys included. */
export function sizeOf({ headers, body }: StoredResponse, ...found: readonly string[]): number {
  return body.byteLength + [...headers, ...found].reduce((sum, text) => sum + text.length, 0) + 512;
}
