/** The SHA-256 of a credential in base64: the only form that caches, logs and stores may hold. */
export function digestOf(credential: string): string {
  return Bun.SHA256.hash(credential, "base64");
}
