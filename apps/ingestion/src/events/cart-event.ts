import { type Static, Type } from "@sinclair/typebox";

const identifier = (description: string) =>
  Type.String({ minLength: 1, maxLength: 128, pattern: "^[\\x21-\\x7e]+$", description });

const strict = { additionalProperties: false } as const;

/** The event types that change a cart. */
export const cartTypes = [
  "add_to_cart",
  "remove_from_cart",
  "update_quantity",
  "start_checkout",
  "purchase",
] as const;
const ofCarts: ReadonlySet<string> = new Set(cartTypes);

export const eventTypes = ["view_page", "view_product", ...cartTypes] as const;

export type EventType = (typeof eventTypes)[number];

export const CartItem = Type.Object(
  {
    sku: identifier("Stock keeping unit."),
    quantity: Type.Integer({
      minimum: 0,
      maximum: 100_000,
      description: "Pieces added, removed, or now in the cart.",
    }),
    priceMinor: Type.Integer({
      minimum: 0,
      maximum: 1e12,
      description: "Price of one piece in the currency's minor unit.",
    }),
    name: Type.Optional(Type.String({ maxLength: 256, description: "As the shopper sees it." })),
  },
  { ...strict, title: "CartItem" },
);

/** A cart event as sent by a storefront. Further requirements of the cart's types are checked in parse-event.ts. */
export const CartEventSchema = Type.Object(
  {
    id: identifier(
      "Known by it: the same id again is the same event. Made on the client, UUIDv7 for instance.",
    ),
    type: Type.Union(eventTypes.map((type) => Type.Literal(type))),
    sessionId: identifier("The shopper's visit. Unguessable: who knows it may read the visit's messages."),
    cartId: Type.Optional(
      identifier(
        "The cart; required by the cart's own types. Unguessable: who knows it may take the cart over.",
      ),
    ),
    shopperId: Type.Optional(identifier("The shopper, where known.")),
    occurredAt: Type.Optional(
      Type.String({
        maxLength: 40,
        description: "Client time, ISO 8601. Time of arrival where absent or later.",
      }),
    ),
    currency: Type.Optional(
      Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217; required with items." }),
    ),
    items: Type.Optional(Type.Array(CartItem, { minItems: 1, maxItems: 500 })),
    page: Type.Optional(
      Type.Object(
        {
          kind: Type.String({
            pattern: "^[a-z_]{1,32}$",
            description: "administrative, informational, product, or another.",
          }),
          durationMs: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 86_400_000, description: "Time spent on the page." }),
          ),
          bounceRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
          exitRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
          value: Type.Optional(
            Type.Number({ minimum: 0, maximum: 1e9, description: "As the shop's analytics value the page." }),
          ),
        },
        strict,
      ),
    ),
    context: Type.Optional(
      Type.Object(
        {
          visitorType: Type.Optional(
            Type.Union(["new", "returning", "other"].map((type) => Type.Literal(type))),
          ),
          trafficType: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
          region: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
          browser: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
          operatingSystem: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
          specialDay: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
          month: Type.Optional(Type.String({ pattern: "^[A-Z][a-z]{2,8}$" })),
          weekend: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
    ),
  },
  { ...strict, title: "CartEvent" },
);

export type CartEventInput = Static<typeof CartEventSchema>;
export type CartItemInput = Static<typeof CartItem>;

/** A validated event, with its times as numbers. */
export interface CartEvent extends Omit<CartEventInput, "type" | "occurredAt"> {
  readonly type: EventType;
  /** Milliseconds since the epoch. */
  readonly occurredAtMs: number;
  /** Hash that tells whether a repeated id has the same content. */
  readonly contentHash: number;
  /** Length of its content as JSON: what it takes of the bounds on waiting events. */
  readonly contentChars: number;
}

export function isCartType(type: string): boolean {
  return ofCarts.has(type);
}
