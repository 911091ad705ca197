import type { CartItemInput, EventType } from "../events/cart-event.ts";

/** A cart as computed from its events. Prices and value in the minor unit of its currency. */
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
 * Bounds of a cart: what its table can store and a message can be written about. An event that exceeds them for the cart
 * is still in the log completely.
 */
export const cartBounds = { linesMax: 500, quantityMax: 100_000, valueMinorMax: 1e12 } as const;

/** The parts of an event that the fold uses. */
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
 * Folds more events into a cart, given in the order of client time. Additions sum up, removals never go below zero, an update
 * sets. A purchase closes the cart with what was bought; items added after it start a new one under the same id. An
 * event's cost depends on its own items, not on the size of the cart.
 */
export function foldCart(state: CartState, changes: Iterable<CartChange>): CartState {
  let { items, currency, checkoutStarted, purchased, lastEventAtMs, lastSequence } = state;
  /** The items by SKU, built at the first event that changes one of them. */
  let lines: Lines | null = null;
  for (const change of changes) {
    currency = change.currency ?? currency;
    lastEventAtMs = Math.max(lastEventAtMs, change.occurredAtMs);
    lastSequence = Math.max(lastSequence, change.sequence);
    switch (change.type) {
      case "add_to_cart":
        if (purchased) {
          lines = new Map();
          checkoutStarted = false;
          purchased = false;
        }
        combine((lines ??= bySku(items)), change.items, (had, came) => had + came);
        break;
      case "remove_from_cart":
        combine((lines ??= bySku(items)), change.items, (had, came) => had - came);
        break;
      case "update_quantity":
        combine((lines ??= bySku(items)), change.items, (_had, came) => came);
        break;
      case "start_checkout":
        checkoutStarted = true;
        break;
      case "purchase":
        items = change.items;
        lines = null;
        checkoutStarted = true;
        purchased = true;
        break;
      case "view_page":
      case "view_product":
        break;
    }
  }
  if (lines !== null) items = [...lines.values()];
  return { items, currency, checkoutStarted, purchased, lastEventAtMs, lastSequence };
}

export function cartValueMinor(items: readonly CartItemInput[]): number {
  const value = items.reduce((sum, item) => sum + item.quantity * item.priceMinor, 0);
  return Math.min(value, cartBounds.valueMinorMax);
}

type Lines = Map<string, CartItemInput>;

function bySku(items: readonly CartItemInput[]): Lines {
  return new Map(items.map((item) => [item.sku, item]));
}

function combine(
  lines: Lines,
  came: readonly CartItemInput[],
  quantity: (had: number, came: number) => number,
): void {
  for (const item of came) {
    const before = lines.get(item.sku);
    if (before === undefined && lines.size >= cartBounds.linesMax) continue;
    const after = Math.min(quantity(before?.quantity ?? 0, item.quantity), cartBounds.quantityMax);
    if (after > 0) lines.set(item.sku, { ...before, ...item, quantity: after });
    else lines.delete(item.sku);
  }
}
