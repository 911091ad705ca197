import type { LabelledSession, PageGroup } from "@apps/prediction";

/** A `cart_event` payload as `POST /events` accepts it. */
export interface CartEventPayload {
  readonly id: string;
  readonly type: "view_page" | "view_product" | "add_to_cart" | "purchase";
  readonly sessionId: string;
  readonly shopperId: string;
  readonly occurredAt: string;
  readonly cartId?: string;
  readonly currency?: string;
  readonly items?: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly priceMinor: number;
  }[];
  readonly page?: {
    readonly kind: string;
    readonly durationMs: number;
    readonly bounceRate: number;
    readonly exitRate: number;
    readonly value: number;
  };
  readonly context?: Readonly<Record<string, string | number | boolean>>;
}

export interface SessionEvents {
  readonly sessionId: string;
  /** Everything known before the end of the visit: a prediction is requested after these. */
  readonly visit: readonly CartEventPayload[];
  /** The purchase, where the visit ended in one. */
  readonly ending: readonly CartEventPayload[];
}

/**
 * A real visit as the events that a storefront would have sent. Every page view is one event; the group's time is divided
 * evenly among its pages, to the millisecond; each page carries the means of the row, so that their average is the same.
 * A visit with a page value above zero in the shop's analytics reached the buying path: it gets a cart, whatever its
 * outcome. Ids depend only on `run` and `index`, so that a repeated run sends the same events.
 */
export function sessionEvents(
  { facts, purchased }: LabelledSession,
  index: number,
  run: string,
  startedAtMs: number,
): SessionEvents {
  const sessionId = `${run}-s${index}`;
  let number = 0;
  const base = () => ({
    id: `${run}-${index}-${number}`,
    sessionId,
    shopperId: `${run}-u${index}`,
    occurredAt: new Date(startedAtMs + number++).toISOString(),
  });
  const cart = {
    cartId: `${run}-c${index}`,
    currency: "EUR",
    items: [{ sku: `sku-${index % 97}`, quantity: 1, priceMinor: 1000 + (index % 50) * 100 }],
  };
  const visit: CartEventPayload[] = pagesOf(facts).map(({ kind, durationMs }) => ({
    ...base(),
    type: kind === "product" ? "view_product" : "view_page",
    page: {
      kind,
      durationMs,
      bounceRate: facts.bounceRate,
      exitRate: facts.exitRate,
      value: facts.pageValue,
    },
    context: contextOf(facts),
  }));
  if (facts.pageValue > 0) visit.push({ ...base(), type: "add_to_cart", ...cart });
  const ending: CartEventPayload[] = purchased ? [{ ...base(), type: "purchase", ...cart }] : [];
  return { sessionId, visit, ending };
}

type Facts = LabelledSession["facts"];

interface Page {
  readonly kind: string;
  readonly durationMs: number;
}

/** Four of the visits list no page at all: they get one page of unknown kind, so that the session exists. */
function pagesOf(facts: Facts): Page[] {
  const pages = [
    ...group("administrative", facts.administrative),
    ...group("informational", facts.informational),
    ...group("product", facts.product),
  ];
  return pages.length > 0 ? pages : [{ kind: "other", durationMs: 0 }];
}

function group(kind: string, { pages, seconds }: PageGroup): Page[] {
  const totalMs = Math.round(seconds * 1000);
  return Array.from({ length: pages }, (_, page) => ({
    kind,
    durationMs: Math.floor((totalMs * (page + 1)) / pages) - Math.floor((totalMs * page) / pages),
  }));
}

function contextOf(facts: Facts): Record<string, string | number | boolean> {
  const { visitorType, trafficType, region, browser, operatingSystem, specialDay, weekend } = facts;
  const month = months[facts.month - 1] ?? "Jan";
  return { visitorType, trafficType, region, browser, operatingSystem, specialDay, month, weekend };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
