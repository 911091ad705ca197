import type { CartItemInput } from "../events/cart-event.ts";
import { type CartState, cartValueMinor } from "./fold-cart.ts";

export const cartStatuses = ["active", "abandoned", "recovered", "purchased"] as const;

export type CartStatus = (typeof cartStatuses)[number];

/** A cart as returned by `GET /carts/:id`. Times are ISO 8601. */
export interface Cart {
  readonly cartId: string;
  readonly sessionId: string;
  readonly shopperId: string | null;
  readonly status: CartStatus;
  readonly currency: string | null;
  readonly items: readonly CartItemInput[];
  readonly valueMinor: number;
  readonly checkoutStarted: boolean;
  readonly createdAt: string;
  readonly lastActivityAt: string;
  readonly abandonedAt: string | null;
}

/** Its database row. */
export interface CartRow {
  readonly cart_id: string;
  readonly session_id: string;
  readonly shopper_id: string | null;
  readonly status: CartStatus;
  readonly currency: string | null;
  readonly items: readonly CartItemInput[];
  readonly value_minor: number;
  readonly checkout_started: boolean;
  readonly purchased: boolean;
  readonly created_at: Date;
  readonly last_activity_at: Date;
  readonly last_event_at: Date;
  readonly last_sequence: number;
  readonly abandoned_at: Date | null;
}

export function toCart(row: CartRow): Cart {
  return {
    cartId: row.cart_id,
    sessionId: row.session_id,
    shopperId: row.shopper_id,
    status: row.status,
    currency: row.currency,
    items: row.items,
    valueMinor: row.value_minor,
    checkoutStarted: row.checkout_started,
    createdAt: row.created_at.toISOString(),
    lastActivityAt: row.last_activity_at.toISOString(),
    abandonedAt: row.abandoned_at?.toISOString() ?? null,
  };
}

export function stateOf(row: CartRow): CartState {
  return {
    items: row.items,
    currency: row.currency,
    checkoutStarted: row.checkout_started,
    purchased: row.purchased,
    lastEventAtMs: row.last_event_at.getTime(),
    lastSequence: row.last_sequence,
  };
}

/** A purchase of an abandoned cart is a recovery; any other change reopens an abandoned cart. */
function statusAfter(state: CartState, wasAbandoned: boolean): CartStatus {
  if (!state.purchased) return "active";
  return wasAbandoned ? "recovered" : "purchased";
}

/** The columns of a row as written, for `jsonb_to_recordset`. */
export function toColumns(cart: CartIdentity, state: CartState, wasAbandoned: boolean): object {
  return {
    cart_id: cart.cartId,
    session_id: cart.sessionId,
    shopper_id: cart.shopperId,
    status: statusAfter(state, wasAbandoned),
    currency: state.currency,
    items: state.items,
    value_minor: cartValueMinor(state.items),
    checkout_started: state.checkoutStarted,
    purchased: state.purchased,
    last_event_at: new Date(state.lastEventAtMs).toISOString(),
    last_sequence: state.lastSequence,
  };
}

export interface CartIdentity {
  readonly cartId: string;
  readonly sessionId: string;
  readonly shopperId: string | null;
}
