import type { Principal } from "../../model/identity/principal.ts";

export interface CallerSize {
  /** Elements of the longest list in the caller's claims, at any depth. */
  readonly longestList: number;
  /** Number of values in the caller's claims; a long text counts as several. */
  readonly values: number;
}

/** Characters of a text that count as one value. */
const textLength = 64;

// principals are immutable and live as long as their token is cached
const known = new WeakMap<Principal, CallerSize>();

/** The size of what a rule may have to scan for this caller. */
export function callerSizeOf(principal: Principal): CallerSize {
  const before = known.get(principal);
  if (before !== undefined) return before;
  const { claims, roles, scopes } = principal;
  const size = { longestList: 0, values: 0 };
  count([claims, roles, scopes], size);
  known.set(principal, size);
  return size;
}

/** Iterative: a token may nest deeper than the stack. */
function count(values: unknown[], size: { longestList: number; values: number }): void {
  const left: unknown[] = values;
  for (let value = left.pop(); left.length > 0 || value !== undefined; value = left.pop()) {
    size.values += typeof value === "string" ? 1 + value.length / textLength : 1;
    if (typeof value !== "object" || value === null) continue;
    const inner: readonly unknown[] = Object.values(value);
    if (Array.isArray(value)) size.longestList = Math.max(size.longestList, inner.length);
    for (const one of inner) left.push(one);
  }
}
