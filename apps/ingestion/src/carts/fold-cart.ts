import type { CartItemInput, EventType } from "../events/cart-event.ts";

/** A cart as its events made it. Prices and value in the minor unit of its currency. */
export interface CartState {
  readonly items: readonly CartItemInput[];
  readonly currency: string | null;
  readonly checkoutStarted: boolean;
  readonly purchased: boolean;
  /** Client time of the last event in it. */
  readonly lastEventAtMs: number;
  /** Arrival of the last event in it. */
  readonly lastSequence: number;
}

/**
 * A cart holds no more: what its table can store and a message can be written about. An event whose part of a cart is beyond it
 * stands in the log whole.
 */
export const cartBounds = { linesMax: 500, quantityMax: 100_000, valueMinorMax: 1e12 } as const;

/** What the fold looks at. */
export interface CartChange {
  readonly type: EventType;
  readonly items: readonly CartItemInput[];
  readonly currency: string | null;
  readonly occurredAtMs: number;
  readonly sequence: number;
}

export const emptyCart: CartState = {
  items: [],
  currency: null,
  checkoutStarted: false,
  purchased: false,
  lastEventAtMs: 0,
  lastSequence: 0,
};

/**
 * A cart after one more event, in the order of client time. Adding sums up, removing never goes below nothing, an update
 * sets. A purchase ends the cart with what was bought; whatever is added after it begins a new one under the same id.
 */
export function foldCart(state: CartState, change: CartChange): CartState {
  const next = {
    currency: change.currency ?? state.currency,
    lastEventAtMs: Math.max(state.lastEventAtMs, change.occurredAtMs),
    lastSequence: Math.max(state.lastSequence, change.sequence),
  };
  switch (change.type) {
    case "add_to_cart": {
      const before = state.purchased ? emptyCart : state;
      return { ...before, ...next, items: combine(before.items, change.items, (had, came) => had + came) };
    }
    case "remove_from_cart":
      return { ...state, ...next, items: combine(state.items, change.items, (had, came) => had - came) };
    case "update_quantity":
      return { ...state, ...next, items: combine(state.items, change.items, (_had, came) => came) };
    case "start_checkout":
      return { ...state, ...next, checkoutStarted: true };
    case "purchase":
      return { ...state, ...next, items: change.items, checkoutStarted: true, purchased: true };
    case "view_page":
    case "view_product":
      return { ...state, ...next };
  }
}

export function cartValueMinor(items: readonly CartItemInput[]): number {
  const value = items.reduce((sum, item) => sum + item.quantity * item.priceMinor, 0);
  return Math.min(value, cartBounds.valueMinorMax);
}

function combine(
  had: readonly CartItemInput[],
  came: readonly CartItemInput[],
  quantity: (had: number, came: number) => number,
): CartItemInput[] {
  const bySku = new Map(had.map((item) => [item.sku, item]));
  for (const item of came) {
    const before = bySku.get(item.sku);
    if (before === undefined && bySku.size >= cartBounds.linesMax) continue;
    const after = Math.min(quantity(before?.quantity ?? 0, item.quantity), cartBounds.quantityMax);
    if (after > 0) bySku.set(item.sku, { ...before, ...item, quantity: after });
    else bySku.delete(item.sku);
  }
  return [...bySku.values()];
}
