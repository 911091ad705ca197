import { CartwayError } from "@libs/errors";
import type { ClickHouseClient, Sql } from "@libs/database";
import { type AnyElysia, Elysia, t } from "elysia";
import { readAbandonment, readFunnel } from "../analytics/analytics.ts";
import { cartStatuses } from "../carts/cart.ts";
import { findCart, listCarts } from "../carts/cart-store.ts";
import type { EventLog } from "../log/event-log.ts";
import { abandonmentAnswers, cartAnswers, cartPageAnswers, funnelAnswers } from "./answers.ts";

export interface CartRoutesParts {
  readonly sql: Sql;
  readonly clickhouse: ClickHouseClient;
  /** Resolves when everything that this instance has acknowledged is in its carts. */
  readonly current: () => Promise<void>;
  readonly log: Pick<EventLog, "readable">;
  readonly now: () => number;
  readonly abandonedAfterMs: number;
}

const defaultWindowMs = 7 * 86_400_000;

const statusQuery = t.Object({
  status: t.Optional(t.Union(cartStatuses.map((status) => t.Literal(status)))),
  minValue: t.Optional(t.Integer({ minimum: 0, description: "Least value in the minor unit." })),
  limit: t.Optional(t.Integer({ minimum: 1, maximum: 500, default: 50 })),
  after: t.Optional(t.String({ maxLength: 128, description: "`next` of the page before." })),
});

const sinceQuery = t.Object({
  since: t.Optional(t.String({ format: "date-time", description: "ISO 8601; seven days ago where absent." })),
});

/** Routes that read cart state (PostgreSQL) and analytics over all events (ClickHouse). */
export function createCartRoutes(parts: CartRoutesParts): AnyElysia {
  const { sql, clickhouse, current, log, now, abandonedAfterMs } = parts;
  const since = (text: string | undefined): number =>
    text === undefined ? now() - defaultWindowMs : Date.parse(text);
  return new Elysia({ name: "ingestion/carts" })
    .get(
      "/carts/:id",
      async ({ params }) => {
        await current();
        const cart = await findCart(sql, params.id);
        if (cart === null) throw new CartwayError("not_found", { message: "There is no such cart." });
        return cart;
      },
      {
        params: t.Object({ id: t.String({ maxLength: 128 }) }),
        detail: { summary: "Get a cart's current state", tags: ["carts"], responses: cartAnswers },
      },
    )
    .get(
      "/carts",
      async ({ query }) => {
        await current();
        const { status = null, minValue = 0, limit = 50, after = "" } = query;
        const page = await listCarts(sql, { status, minValueMinor: minValue, limit, after });
        return { carts: page, next: page.length === limit ? (page.at(-1)?.cartId ?? null) : null };
      },
      {
        query: statusQuery,
        detail: {
          summary: "List carts by status and value, one page at a time",
          tags: ["carts"],
          responses: cartPageAnswers,
        },
      },
    )
    .get(
      "/analytics/funnel",
      async ({ query }) => {
        await log.readable();
        return await readFunnel(clickhouse, since(query.since));
      },
      {
        query: sinceQuery,
        detail: { summary: "Get the funnel of sessions", tags: ["analytics"], responses: funnelAnswers },
      },
    )
    .get(
      "/analytics/abandonment",
      async ({ query }) => {
        await log.readable();
        return await readAbandonment(clickhouse, {
          sinceMs: since(query.since),
          nowMs: now(),
          abandonedAfterMs,
        });
      },
      {
        query: sinceQuery,
        detail: { summary: "Get the outcomes of carts", tags: ["analytics"], responses: abandonmentAnswers },
      },
    );
}
