/**
 * A PostgreSQL array literal of values that need no quotes: ids, hex digests, numbers, our own words. Saves the driver's
 * check of every value for characters to escape. MUST NOT be used for text from outside.
 */
export function plainArray(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}

/** The same for timestamps, in ISO 8601. */
export function timeArray(values: readonly Date[]): string {
  return plainArray(values.map((value) => value.toISOString()));
}
