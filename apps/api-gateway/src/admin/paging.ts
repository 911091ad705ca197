import { Type } from "@sinclair/typebox";
import { t } from "elysia";
import { uuidSchema } from "./uuid-schema.ts";

// Elysia's own type: a query holds texts, and this one reads them
const limit = t.Integer({ minimum: 1, maximum: 500, default: 100, description: "Entries at most." });

/** Of lists whose entries are known by a UUID. */
export const pageById = Type.Object(
  {
    after: Type.Optional(uuidSchema("The id of the last one seen.")),
    limit,
  },
  { additionalProperties: false },
);

/** Of lists that stand in the order of the config. */
export const pageByName = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 256, description: "The id of the last one seen." })),
    limit,
  },
  { additionalProperties: false },
);

/** For the next page's `after`; `null` where there is none. */
export function nextAfter(entries: readonly { readonly id: string }[], limitAsked: number): string | null {
  return entries.length < limitAsked ? null : (entries.at(-1)?.id ?? null);
}

/** A page of a list that is at hand whole. */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  { after, limit: limitAsked }: { readonly after?: string | undefined; readonly limit: number },
): readonly T[] {
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  return all.slice(start, start + limitAsked);
}
