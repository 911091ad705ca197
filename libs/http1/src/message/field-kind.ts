/** One of 32 bits for the name of a field, whatever its case: most questions are about fields that are not there. */
export function fieldKind(length: number, firstCode: number): number {
  return 1 << ((length * 5 + (firstCode | 32)) & 31);
}
