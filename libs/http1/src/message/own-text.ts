/**
 * The same text with memory of its own. One that was cut out of a head keeps the whole head for as long as it lives: whatever is kept
 * beyond its request MUST pass here.
 *
 * @param text one character a byte.
 */
export function ownText(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
