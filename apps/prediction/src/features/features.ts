import type { SessionFacts } from "./session-facts.ts";

/** One number a model sees of a visit. */
export interface Feature {
  readonly name: string;
  /** For a person who reads why a probability is what it is. */
  readonly words: string;
  value(facts: SessionFacts): number;
}

const pages = (facts: SessionFacts): number =>
  facts.administrative.pages + facts.informational.pages + facts.product.pages;
const seconds = (facts: SessionFacts): number =>
  facts.administrative.seconds + facts.informational.seconds + facts.product.seconds;
const log = (value: number): number => Math.log1p(Math.max(0, value));

/** The one definition of what models see, whether a row of a file, the events of a live visit, or a request described it. */
export const features: readonly Feature[] = [
  { name: "page_value", words: "value of the visited pages", value: (f) => f.pageValue },
  { name: "exit_rate", words: "how often visits end on these pages", value: (f) => f.exitRate },
  { name: "bounce_rate", words: "how often visits bounce on these pages", value: (f) => f.bounceRate },
  { name: "exit_minus_bounce", words: "exits beyond bounces", value: (f) => f.exitRate - f.bounceRate },
  { name: "product_pages", words: "product pages seen", value: (f) => f.product.pages },
  { name: "product_seconds", words: "time on product pages", value: (f) => log(f.product.seconds) },
  {
    name: "seconds_per_product_page",
    words: "time for each product page",
    value: (f) => log(f.product.seconds / Math.max(1, f.product.pages)),
  },
  {
    name: "administrative_pages",
    words: "account and checkout pages seen",
    value: (f) => f.administrative.pages,
  },
  {
    name: "administrative_seconds",
    words: "time on account and checkout pages",
    value: (f) => log(f.administrative.seconds),
  },
  { name: "informational_pages", words: "information pages seen", value: (f) => f.informational.pages },
  {
    name: "informational_seconds",
    words: "time on information pages",
    value: (f) => log(f.informational.seconds),
  },
  { name: "pages", words: "pages seen", value: pages },
  { name: "seconds", words: "time in the shop", value: (f) => log(seconds(f)) },
  {
    name: "product_share",
    words: "share of product pages",
    value: (f) => f.product.pages / Math.max(1, pages(f)),
  },
  {
    name: "page_value_by_exit",
    words: "page value against exits",
    value: (f) => f.pageValue / (0.005 + f.exitRate),
  },
  { name: "page_value_total", words: "value of the whole visit", value: (f) => log(f.pageValue * pages(f)) },
  { name: "special_day", words: "closeness to a special day", value: (f) => f.specialDay },
  { name: "month", words: "month", value: (f) => f.month },
  { name: "november", words: "November", value: (f) => (f.month === 11 ? 1 : 0) },
  { name: "returning", words: "returning visitor", value: (f) => (f.visitorType === "returning" ? 1 : 0) },
  { name: "new_visitor", words: "new visitor", value: (f) => (f.visitorType === "new" ? 1 : 0) },
  { name: "weekend", words: "weekend", value: (f) => (f.weekend ? 1 : 0) },
  { name: "traffic_type", words: "where the visitor came from", value: (f) => f.trafficType },
  { name: "traffic_2", words: "came by traffic type 2", value: (f) => (f.trafficType === 2 ? 1 : 0) },
  { name: "traffic_3", words: "came by traffic type 3", value: (f) => (f.trafficType === 3 ? 1 : 0) },
  { name: "region", words: "region", value: (f) => f.region },
  { name: "browser", words: "browser", value: (f) => f.browser },
  { name: "operating_system", words: "operating system", value: (f) => f.operatingSystem },
  {
    name: "has_page_value",
    words: "visited pages that lead to purchases",
    value: (f) => (f.pageValue > 0 ? 1 : 0),
  },
  { name: "exits_total", words: "exits over all pages", value: (f) => f.exitRate * pages(f) },
  { name: "bounces_total", words: "bounces over all pages", value: (f) => f.bounceRate * pages(f) },
  { name: "seconds_per_page", words: "time for each page", value: (f) => seconds(f) / Math.max(1, pages(f)) },
  {
    name: "seconds_per_administrative_page",
    words: "time for each account or checkout page",
    value: (f) => f.administrative.seconds / Math.max(1, f.administrative.pages),
  },
  {
    name: "seconds_per_informational_page",
    words: "time for each information page",
    value: (f) => f.informational.seconds / Math.max(1, f.informational.pages),
  },
  {
    name: "administrative_share",
    words: "share of account and checkout pages",
    value: (f) => f.administrative.pages / Math.max(1, pages(f)),
  },
  {
    name: "product_time_share",
    words: "share of the time on product pages",
    value: (f) => f.product.seconds / Math.max(1, seconds(f)),
  },
  {
    name: "exit_by_bounce",
    words: "exits against bounces",
    value: (f) => f.exitRate / (f.bounceRate + 0.001),
  },
  { name: "autumn", words: "September to November", value: (f) => (f.month >= 9 && f.month <= 11 ? 1 : 0) },
  {
    name: "quiet_month",
    words: "February, March or May",
    value: (f) => ([2, 3, 5].includes(f.month) ? 1 : 0),
  },
  {
    name: "page_value_damped",
    words: "page value where few visits end",
    value: (f) => log(f.pageValue) * Math.exp(-40 * f.exitRate),
  },
  {
    name: "page_value_per_page",
    words: "page value for each page",
    value: (f) => f.pageValue / Math.max(1, pages(f)),
  },
  { name: "no_time", words: "no time spent on any page", value: (f) => (seconds(f) === 0 ? 1 : 0) },
  { name: "depth", words: "pages and time together", value: (f) => log(pages(f)) * log(seconds(f)) },
];

export function featureVector(facts: SessionFacts): Float64Array {
  return Float64Array.from(features, (feature) => feature.value(facts));
}
