import { describedAnswers } from "@libs/elysia-server";
import { type TSchema, Type } from "@sinclair/typebox";
import { cartStatuses } from "../carts/cart.ts";
import { CartItem } from "../events/cart-event.ts";

const time = Type.String({ format: "date-time" });
const count = Type.Integer({ minimum: 0 });
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

const cart = Type.Object(
  {
    cartId: Type.String(),
    sessionId: Type.String(),
    shopperId: orNull(Type.String()),
    status: Type.Union(
      cartStatuses.map((status) => Type.Literal(status)),
      { title: "CartStatus" },
    ),
    currency: orNull(Type.String({ description: "ISO 4217" })),
    items: Type.Array(CartItem),
    valueMinor: Type.Integer({ description: "In the currency's minor unit." }),
    checkoutStarted: Type.Boolean(),
    createdAt: time,
    lastActivityAt: time,
    abandonedAt: orNull(time),
  },
  { title: "Cart" },
);

const cartPage = Type.Object(
  { carts: Type.Array(cart), next: orNull(Type.String({ description: "`after` of the next page." })) },
  { title: "CartPage" },
);

const receipt = Type.Object(
  {
    accepted: Type.Integer({ minimum: 0, description: "Events that are on disk now." }),
    duplicates: Type.Integer({ minimum: 0, description: "Events that were there already." }),
    rejected: Type.Array(
      Type.Object({
        index: Type.Integer({ minimum: 0, description: "Which of the events that were sent." }),
        id: Type.Optional(Type.String()),
        code: Type.String(),
        message: Type.String(),
        retryable: Type.Boolean({ description: "Whether it can be sent again as it is." }),
      }),
    ),
  },
  { title: "Receipt" },
);

const funnel = Type.Object(
  { sessions: count, viewedProduct: count, addedToCart: count, startedCheckout: count, purchased: count },
  { title: "Funnel" },
);

const abandonment = Type.Object(
  {
    carts: count,
    purchased: count,
    open: count,
    abandoned: count,
    abandonmentRate: orNull(Type.Number({ minimum: 0, maximum: 1 })),
  },
  { title: "Abandonment" },
);

const exampleCart = {
  cartId: "c-1",
  sessionId: "s-1",
  shopperId: null,
  status: "abandoned",
  currency: "EUR",
  items: [{ sku: "A-1", quantity: 1, priceMinor: 1999 }],
  valueMinor: 1999,
  checkoutStarted: true,
  createdAt: "2026-11-21T10:00:00.000Z",
  lastActivityAt: "2026-11-21T10:05:00.000Z",
  abandonedAt: "2026-11-21T10:35:00.000Z",
};

export const receiptAnswers = describedAnswers(
  {
    description: "The result for each event: accepted events are on disk",
    schema: receipt,
    example: { accepted: 1, duplicates: 0, rejected: [] },
  },
  400,
  413,
  422,
  503,
);
export const cartAnswers = describedAnswers(
  { description: "The cart", schema: cart, example: exampleCart },
  404,
  422,
  503,
);
export const cartPageAnswers = describedAnswers(
  { description: "A page of carts", schema: cartPage, example: { carts: [exampleCart], next: "c-1" } },
  422,
  503,
);
export const funnelAnswers = describedAnswers(
  {
    description: "How many sessions came how far",
    schema: funnel,
    example: { sessions: 1000, viewedProduct: 640, addedToCart: 210, startedCheckout: 90, purchased: 61 },
  },
  422,
  503,
);
export const abandonmentAnswers = describedAnswers(
  {
    description: "How many carts ended how",
    schema: abandonment,
    example: { carts: 210, purchased: 61, open: 9, abandoned: 140, abandonmentRate: 0.6965 },
  },
  422,
  503,
);
