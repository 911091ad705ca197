import type { IncomingRequest } from "@libs/http1";
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Decision } from "../../model/exchange/decision.ts";

/** Carries a signed pass that reveals why the caller's requests ended as they did, until it expires. */
export const debugPassHeader = "x-cartway-debug";

/** A shorter secret could be guessed. */
export const debugSecretCharsMin = 32;

const version = "v1";
const passPattern = /^v1\.([1-9]\d{0,11})\.([A-Za-z0-9_-]{43})$/;

/** `v1.EXPIRES.SIGNATURE`: seconds since the epoch, and the HMAC-SHA-256 of everything before it, base64url. */
export function signDebugPass(secret: string, expiresAtSeconds: number): string {
  const claim = `${version}.${expiresAtSeconds}`;
  return `${claim}.${createHmac("sha256", secret).update(`cartway-debug\n${claim}`).digest("base64url")}`;
}

export interface DebugPassOptions {
  readonly secret: string;
  /** Bound on a pass's remaining lifetime: a longer one is refused, even if its signature is valid. */
  readonly lifetimeMsMax: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Verifies passes, and collects the decisions of requests that carry one. */
export class DebugPasses {
  readonly #options: DebugPassOptions;
  readonly #opened = new WeakSet<readonly Decision[]>();

  constructor(options: DebugPassOptions) {
    this.#options = options;
  }

  admits({ headers }: { readonly headers: { get(name: string): string | null } }): boolean {
    const header = headers.get(debugPassHeader);
    const parts = header === null ? null : passPattern.exec(header);
    if (header === null || parts === null) return false;
    const { secret, lifetimeMsMax, now } = this.#options;
    const expires = Number(parts[1]);
    const leftMs = expires * 1000 - now();
    if (leftMs <= 0 || leftMs > lifetimeMsMax) return false;
    return timingSafeEqual(Buffer.from(signDebugPass(secret, expires)), Buffer.from(header));
  }

  /**
   * @param watched an existing list, collected for an operator. @returns the list to collect in; `null` where nobody may see the
   * decisions
   */
  open(request: IncomingRequest, watched: Decision[] | null): Decision[] | null {
    if (!this.admits(request)) return watched;
    const decisions = watched ?? [];
    this.#opened.add(decisions);
    return decisions;
  }

  hasOpened(decisions: readonly Decision[] | null): decisions is readonly Decision[] {
    return decisions !== null && this.#opened.has(decisions);
  }
}
