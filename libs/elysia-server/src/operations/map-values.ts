/** Maps the values of an object. Keys whose result is `undefined` are dropped, as in JSON. */
export function mapValues(
  record: Readonly<Record<string, unknown>>,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [[key, map(value, key)]])),
  );
}
