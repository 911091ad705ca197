/** What came is not an HTTP/1.1 message that can be read in exactly one way. Internal: never shown to a caller. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}
