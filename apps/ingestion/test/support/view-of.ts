import type { CartEvent } from "../../src/events/cart-event.ts";

/** A page that was viewed just now. */
export function viewOf(sessionId: string, id: string, contentHash = 1): CartEvent {
  return { id, type: "view_page", sessionId, occurredAtMs: Date.now(), contentHash, contentChars: 100 };
}
