/**
 * Copies a string to memory of its own. A substring of a head keeps the whole head alive, so anything that outlives its request MUST be
 * copied here.
 *
 * @param text one character per byte.
 */
export function ownText(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
