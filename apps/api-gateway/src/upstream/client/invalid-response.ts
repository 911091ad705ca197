/** What a target sent is not an HTTP/1.1 response that can be read in exactly one way. Internal: never shown to a caller. */
export class InvalidResponse extends Error {
  override readonly name = "InvalidResponse";
}
