/** The bytes are not an unambiguous HTTP/1.1 message. Internal: never shown to a caller. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}
