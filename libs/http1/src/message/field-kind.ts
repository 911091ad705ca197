/** Maps a field name, in any case, to one of 32 bits. A set of kinds answers most look-ups of absent fields without a search. */
export function fieldKind(length: number, firstCode: number): number {
  return 1 << ((length * 5 + (firstCode | 32)) & 31);
}
