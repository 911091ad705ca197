/** What a thrown value says: the message of an error, and any other value as text. May contain what no caller must see. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
