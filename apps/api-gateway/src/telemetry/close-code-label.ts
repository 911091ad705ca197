/**
 * The metric label of a close code. Clients can send any code from 3000 to 4999, and a series for each would exhaust the registry's
 * budget, so only those in `known` and the standard ones (RFC 6455, section 7.4.1) have their own.
 */
export function closeCodeLabel(code: number, known: ReadonlySet<number>): string {
  return code < 3000 || known.has(code) ? String(code) : `${Math.floor(code / 1000)}xxx`;
}
