/**
 * A close code as metrics know it. Clients may make up any from 3000 to 4999: a series each would use up what there is for
 * everything, so that only those in `known` and the network's own (RFC 6455, 7.4.1) have one.
 */
export function closeCodeLabel(code: number, known: ReadonlySet<number>): string {
  return code < 3000 || known.has(code) ? String(code) : `${Math.floor(code / 1000)}xxx`;
}
