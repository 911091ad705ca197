import type { ClickHouseClient } from "@libs/database";
import { monthNumber } from "./read-csv.ts";
import type { SessionFacts } from "./session-facts.ts";

/** A visit as described by its events. */
export interface SessionActivity {
  readonly sessionId: string;
  readonly facts: SessionFacts;
  /** Facts that the storefront did not send and that were estimated from the events. */
  readonly estimated: readonly string[];
  readonly purchased: boolean;
  /** Arrival of the last event, milliseconds since the epoch. */
  readonly lastEventAtMs: number;
}

export interface ActivityRow {
  readonly session_id: string;
  readonly administrative_pages: number;
  readonly administrative_ms: number;
  readonly informational_pages: number;
  readonly informational_ms: number;
  readonly product_pages: number;
  readonly product_ms: number;
  readonly bounce_rate: number | null;
  readonly exit_rate: number | null;
  readonly page_value: number | null;
  readonly special_day: number | null;
  readonly month: string;
  readonly operating_system: number;
  readonly browser: number;
  readonly region: number;
  readonly traffic_type: number;
  readonly visitor_type: string;
  readonly weekend: number | null;
  readonly additions: number;
  readonly removals: number;
  readonly checkouts: number;
  readonly purchases: number;
  readonly last_ms: number;
}

/** The columns of `ActivityRow` for one session, for a query over `events`. */
export const activityColumns = `
  session_id,
  toUInt32(countIf(page_kind = 'administrative')) AS administrative_pages,
  toFloat64(sumIf(page_duration_ms, page_kind = 'administrative')) AS administrative_ms,
  toUInt32(countIf(page_kind = 'informational')) AS informational_pages,
  toFloat64(sumIf(page_duration_ms, page_kind = 'informational')) AS informational_ms,
  toUInt32(countIf(page_kind = 'product')) AS product_pages,
  toFloat64(sumIf(page_duration_ms, page_kind = 'product')) AS product_ms,
  avg(page_bounce_rate) AS bounce_rate,
  avg(page_exit_rate) AS exit_rate,
  avg(page_value) AS page_value,
  max(events.special_day) AS special_day,
  anyIf(events.month, events.month != '') AS month,
  max(events.operating_system) AS operating_system,
  max(events.browser) AS browser,
  max(events.region) AS region,
  max(events.traffic_type) AS traffic_type,
  anyIf(events.visitor_type, events.visitor_type != '') AS visitor_type,
  max(events.weekend) AS weekend,
  toUInt32(countIf(type = 'add_to_cart')) AS additions,
  toUInt32(countIf(type = 'remove_from_cart')) AS removals,
  toUInt32(countIf(type = 'start_checkout')) AS checkouts,
  toUInt32(countIf(type = 'purchase')) AS purchases,
  toFloat64(intDiv(max(sequence), 4096)) AS last_ms`;

/** The visits of these sessions, without sessions that have no events. */
export async function readActivities(
  clickhouse: ClickHouseClient,
  sessionIds: readonly string[],
): Promise<readonly SessionActivity[]> {
  const rows = await clickhouse.query<ActivityRow>(
    `SELECT ${activityColumns} FROM events FINAL WHERE session_id IN ({sessions:Array(String)}) GROUP BY session_id`,
    { sessions: [...sessionIds] },
  );
  return rows.map(toActivity);
}

/** The session that last changed a cart, or `null`. */
export async function findSessionOfCart(
  clickhouse: ClickHouseClient,
  cartId: string,
): Promise<string | null> {
  const [row] = await clickhouse.query<{ session_id: string }>(
    "SELECT session_id FROM events WHERE cart_id = {cart:String} ORDER BY sequence DESC LIMIT 1",
    { cart: cartId },
  );
  return row?.session_id ?? null;
}

export function toActivity(row: ActivityRow): SessionActivity {
  const estimated: string[] = [];
  const orEstimate = (name: string, told: number | null, estimate: () => number): number => {
    if (told !== null) return told;
    estimated.push(name);
    return estimate();
  };
  const pages = row.administrative_pages + row.informational_pages + row.product_pages;
  const date = new Date(row.last_ms);
  const facts: SessionFacts = {
    administrative: { pages: row.administrative_pages, seconds: row.administrative_ms / 1000 },
    informational: { pages: row.informational_pages, seconds: row.informational_ms / 1000 },
    product: { pages: row.product_pages, seconds: row.product_ms / 1000 },
    bounceRate: orEstimate("bounceRate", row.bounce_rate, () => estimateBounceRate(pages)),
    exitRate: orEstimate("exitRate", row.exit_rate, () => estimateExitRate(pages)),
    pageValue: orEstimate("pageValue", row.page_value, () => estimatePageValue(row)),
    specialDay: row.special_day ?? 0,
    month: monthNumber(row.month) ?? date.getUTCMonth() + 1,
    operatingSystem: row.operating_system,
    browser: row.browser,
    region: row.region,
    trafficType: row.traffic_type,
    visitorType: row.visitor_type === "new" || row.visitor_type === "other" ? row.visitor_type : "returning",
    weekend: row.weekend === null ? date.getUTCDay() % 6 === 0 : row.weekend === 1,
  };
  return {
    sessionId: row.session_id,
    facts,
    estimated,
    purchased: row.purchases > 0,
    lastEventAtMs: row.last_ms,
  };
}

/** A bounce is a visit of a single page; in the data the rate falls with the pages seen, from 0.2 on. */
function estimateBounceRate(pages: number): number {
  return pages <= 1 ? 0.2 : 0.03 / pages;
}

function estimateExitRate(pages: number): number {
  return Math.max(0.012, 0.2 / Math.max(1, pages));
}

/**
 * Page value is what a shop's analytics attribute to pages that lead to a purchase: zero until something is put into the
 * cart, more with the checkout. The figures are the medians of the visits with a purchase in the data.
 */
function estimatePageValue({ additions, removals, checkouts }: ActivityRow): number {
  if (additions <= removals) return 0;
  return checkouts > 0 ? 24 : Math.min(14, 5 + 2 * (additions - removals));
}
