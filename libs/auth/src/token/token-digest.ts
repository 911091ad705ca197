/** SHA-256 of a credential, base64: what caches, logs and stores may know of it. */
export function digestOf(credential: string): string {
  return Bun.SHA256.hash(credential, "base64");
}
