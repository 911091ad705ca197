import { t } from "elysia";
import type { NewestFilter } from "../sessions/list-newest.ts";
import { givenId } from "./schemas.ts";

/** Default number of entries per page. */
export const limitDefault = 50;

/** Of a query. */
export const limit = t.Optional(t.Integer({ minimum: 1, maximum: 500, default: limitDefault }));

/** Of an answer. */
export const next = t.Union([t.String(), t.Null()], {
  description: "Cursor of the next page; null on the last page.",
});

/** The cursor of the next page, for pages of at most this many entries. */
export function nextOf(page: readonly { readonly id: string }[], limit: number): string | null {
  return page.length === limit ? (page.at(-1)?.id ?? null) : null;
}

/** Query of lists by device and time, newest first. */
export const newestQuery = {
  deviceId: t.Optional(givenId()),
  before: t.Optional(givenId("`next` of the previous page.")),
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
