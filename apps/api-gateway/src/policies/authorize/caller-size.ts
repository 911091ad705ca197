import type { Principal } from "../../model/principal.ts";

export interface CallerSize {
  /** Elements of the longest list that the caller brings, however deep it lies. */
  readonly longestList: number;
  /** Values in all that the caller brings, a long text counted as several. */
  readonly values: number;
}

/** Of a text, what takes as long to look at as one short value. */
const textLength = 64;

// principals are immutable and live as long as their token is remembered
const known = new WeakMap<Principal, CallerSize>();

/** What a rule may have to look through for this caller. */
export function callerSizeOf(principal: Principal): CallerSize {
  const before = known.get(principal);
  if (before !== undefined) return before;
  const { claims, roles, scopes } = principal;
  const size = { longestList: 0, values: 0 };
  count([claims, roles, scopes], size);
  known.set(principal, size);
  return size;
}

/** Not by calling itself: a token may nest deeper than a stack. */
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
