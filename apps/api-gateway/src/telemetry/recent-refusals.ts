import type { PolicyVerdict } from "../model/exchange/decision.ts";

/** A request that the gateway itself ended, and why. Contains no query, header or body. */
export interface Refusal {
  /** ISO 8601. */
  readonly at: string;
  readonly requestId: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** `null` where the request was refused before its route was known. */
  readonly route: string | null;
  readonly clientIp: string;
  readonly status: number;
  readonly code: string;
  /** The policy that refused it; `null` where it failed on its way to the service. */
  readonly policy: string | null;
  /** The policy's inputs, and what would have changed its verdict. */
  readonly verdict: PolicyVerdict | null;
  /** For operators: the reason, where the public text does not tell. */
  readonly internal: string | null;
}

export interface RefusalQuery {
  readonly route?: string | undefined;
  readonly code?: string | undefined;
  readonly policy?: string | undefined;
  readonly requestId?: string | undefined;
}

/** The latest refusals, in a ring buffer of fixed size. */
export class RecentRefusals {
  readonly #ring: Refusal[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(refusal: Refusal): void {
    this.#ring[this.#next] = refusal;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Latest first. An entry must match every given field. */
  list(query: RefusalQuery, limit: number): readonly Refusal[] {
    const found: Refusal[] = [];
    const { length } = this.#ring;
    for (let back = 1; back <= length && found.length < limit; back += 1) {
      const refusal = this.#ring[(this.#next - back + length) % length];
      if (refusal !== undefined && fits(refusal, query)) found.push(refusal);
    }
    return found;
  }
}

function fits(refusal: Refusal, { route, code, policy, requestId }: RefusalQuery): boolean {
  return (
    (route === undefined || refusal.route === route) &&
    (code === undefined || refusal.code === code) &&
    (policy === undefined || refusal.policy === policy) &&
    (requestId === undefined || refusal.requestId === requestId)
  );
}
