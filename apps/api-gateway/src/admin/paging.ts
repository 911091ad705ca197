import { Type } from "@sinclair/typebox";
import { t } from "elysia";
import { uuidSchema } from "./uuid-schema.ts";

// Elysia's own type, which parses the texts of a query
const limit = t.Integer({ minimum: 1, maximum: 500, default: 100, description: "Entries at most." });

/** For lists whose entries have UUIDs. */
export const pageById = Type.Object(
  {
    after: Type.Optional(uuidSchema("The id of the last one seen.")),
    limit,
  },
  { additionalProperties: false },
);

/** For lists in the order of the config. */
export const pageByName = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 256, description: "The id of the last one seen." })),
    limit,
  },
  { additionalProperties: false },
);

/** The next page's `after`; `null` at the end. */
export function nextAfter(entries: readonly { readonly id: string }[], limitAsked: number): string | null {
  return entries.length < limitAsked ? null : (entries.at(-1)?.id ?? null);
}

/** A page of a list that is in memory. */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  { after, limit: limitAsked }: { readonly after?: string | undefined; readonly limit: number },
): readonly T[] {
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  return all.slice(start, start + limitAsked);
}
