import { t } from "elysia";
import type { NewestFilter } from "../sessions/list-newest.ts";
import { givenId } from "./schemas.ts";

/** Entries of a page where none are asked for. */
export const limitDefault = 50;

/** Of a query. */
export const limit = t.Optional(t.Integer({ minimum: 1, maximum: 500, default: limitDefault }));

/** Of an answer. */
export const next = t.Union([t.String(), t.Null()], {
  description: "Where the next page begins; null on the last.",
});

/** What the next page begins with, for a page of so many at the most. */
export function nextOf(page: readonly { readonly id: string }[], limit: number): string | null {
  return page.length === limit ? (page.at(-1)?.id ?? null) : null;
}

/** Of a query for what is listed by devices and times, the newest first. */
export const newestQuery = {
  deviceId: t.Optional(givenId()),
  before: t.Optional(givenId("`next` of the page before.")),
  limit,
};

interface NewestQuery<State> {
  readonly status?: State;
  readonly deviceId?: string;
  readonly before?: string;
  readonly limit?: number;
}

export function filterOf<State>(query: NewestQuery<State>): NewestFilter<State> {
  const { status = null, deviceId = null, before = null, limit = limitDefault } = query;
  return { status, deviceId, before, limit };
}
