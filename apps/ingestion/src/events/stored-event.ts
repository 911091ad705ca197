import type { CartEvent } from "./cart-event.ts";

/** An event with its position in the order of arrival. */
export interface StoredEvent {
  readonly event: CartEvent;
  readonly sequence: number;
}
