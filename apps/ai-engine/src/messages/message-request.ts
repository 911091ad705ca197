import { type Static, Type } from "@sinclair/typebox";
import { type Language, languages } from "../language.ts";
import { IncentiveLimits } from "../offers/offer.ts";
import { neutralItem, safeItemNames, safeShopperName } from "../offers/safe-name.ts";

const strict = { additionalProperties: false } as const;
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

export const tones = ["friendly", "formal", "playful", "urgent"] as const;
export const channels = ["email", "sms", "push", "chat"] as const;

export type Tone = (typeof tones)[number];
export type Channel = (typeof channels)[number];

function oneOf<Value extends string>(values: readonly Value[], fallback: Value) {
  return Type.Unsafe<Value>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      { default: fallback },
    ),
  );
}

/** `POST /recovery-message`. */
export const MessageRequest = Type.Object(
  {
    cart: Type.Object(
      {
        cartId: text(128),
        currency: Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217." }),
        valueMinor: Type.Integer({ minimum: 0, maximum: 1e12 }),
        items: Type.Array(
          Type.Object(
            {
              sku: text(128),
              name: Type.Optional(text(256)),
              quantity: Type.Integer({ minimum: 1, maximum: 100_000 }),
              priceMinor: Type.Integer({ minimum: 0, maximum: 1e12 }),
            },
            strict,
          ),
          { minItems: 1, maxItems: 500 },
        ),
      },
      strict,
    ),
    shopper: Type.Optional(
      Type.Object({ id: Type.Optional(text(128)), name: Type.Optional(text(80)) }, strict),
    ),
    tone: Type.Optional(oneOf(tones, "friendly")),
    channel: Type.Optional(oneOf(channels, "email")),
    language: Type.Optional(oneOf(languages, "en")),
    incentive: Type.Optional(IncentiveLimits),
  },
  { ...strict, title: "MessageRequest" },
);

export type MessageRequestBody = Static<typeof MessageRequest>;

/** The request with defaults, and with names that are safe to show to a model or a shopper. */
export interface MessageBrief {
  readonly cart: Omit<MessageRequestBody["cart"], "items"> & { readonly items: readonly BriefItem[] };
  readonly shopperName: string | null;
  readonly tone: Tone;
  readonly channel: Channel;
  readonly language: Language;
  readonly incentive: NonNullable<MessageRequestBody["incentive"]>;
}

export interface BriefItem {
  readonly name: string;
  readonly quantity: number;
}

export function toBrief(body: MessageRequestBody): MessageBrief {
  const language = body.language ?? "en";
  const names = safeItemNames(
    body.cart.items.map(({ sku, name }) => name ?? sku),
    language,
  );
  const items = body.cart.items.map(({ quantity }, index) => ({
    name: names[index] ?? neutralItem[language],
    quantity,
  }));
  return {
    cart: { ...body.cart, items },
    shopperName: body.shopper?.name === undefined ? null : safeShopperName(body.shopper.name, language),
    tone: body.tone ?? "friendly",
    channel: body.channel ?? "email",
    language,
    incentive: body.incentive ?? {},
  };
}
