/**
 * An array as PostgreSQL writes it, of what needs no quotes: ids, digests in hex, numbers, our own words. The driver would
 * look into each of thousands a second for what is to be escaped. Never for text that anybody else has written.
 */
export function plainArray(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}

/** The same of moments, in ISO 8601. */
export function timeArray(values: readonly Date[]): string {
  return plainArray(values.map((value) => value.toISOString()));
}
