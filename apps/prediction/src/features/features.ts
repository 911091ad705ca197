import type { ReasonTheme } from "./reason-themes.ts";
import type { SessionFacts } from "./session-facts.ts";

/** One number that a model gets about a visit. */
export interface Feature {
  readonly name: string;
  /** What it describes, for explanations of a probability. */
  readonly theme: ReasonTheme;
  value(facts: SessionFacts): number;
}

const pages = (facts: SessionFacts): number =>
  facts.administrative.pages + facts.informational.pages + facts.product.pages;
const seconds = (facts: SessionFacts): number =>
  facts.administrative.seconds + facts.informational.seconds + facts.product.seconds;
const log = (value: number): number => Math.log1p(Math.max(0, value));

/** The single definition of the models' inputs, for rows of a file, events of a live visit, and requests. */
export const features: readonly Feature[] = [
  { name: "page_value", theme: "buyingPages", value: (f) => f.pageValue },
  { name: "exit_rate", theme: "exits", value: (f) => f.exitRate },
  { name: "bounce_rate", theme: "exits", value: (f) => f.bounceRate },
  { name: "exit_minus_bounce", theme: "exits", value: (f) => f.exitRate - f.bounceRate },
  { name: "product_pages", theme: "products", value: (f) => f.product.pages },
  { name: "product_seconds", theme: "products", value: (f) => log(f.product.seconds) },
  {
    name: "seconds_per_product_page",
    theme: "products",
    value: (f) => log(f.product.seconds / Math.max(1, f.product.pages)),
  },
  {
    name: "administrative_pages",
    theme: "account",
    value: (f) => f.administrative.pages,
  },
  {
    name: "administrative_seconds",
    theme: "account",
    value: (f) => log(f.administrative.seconds),
  },
  { name: "informational_pages", theme: "information", value: (f) => f.informational.pages },
  {
    name: "informational_seconds",
    theme: "information",
    value: (f) => log(f.informational.seconds),
  },
  { name: "pages", theme: "visit", value: pages },
  { name: "seconds", theme: "visit", value: (f) => log(seconds(f)) },
  {
    name: "product_share",
    theme: "products",
    value: (f) => f.product.pages / Math.max(1, pages(f)),
  },
  {
    name: "page_value_by_exit",
    theme: "buyingPages",
    value: (f) => f.pageValue / (0.005 + f.exitRate),
  },
  { name: "page_value_total", theme: "buyingPages", value: (f) => log(f.pageValue * pages(f)) },
  { name: "special_day", theme: "season", value: (f) => f.specialDay },
  { name: "month", theme: "season", value: (f) => f.month },
  { name: "november", theme: "season", value: (f) => (f.month === 11 ? 1 : 0) },
  { name: "returning", theme: "shopper", value: (f) => (f.visitorType === "returning" ? 1 : 0) },
  { name: "new_visitor", theme: "shopper", value: (f) => (f.visitorType === "new" ? 1 : 0) },
  { name: "weekend", theme: "weekday", value: (f) => (f.weekend ? 1 : 0) },
  { name: "traffic_type", theme: "source", value: (f) => f.trafficType },
  { name: "traffic_2", theme: "source", value: (f) => (f.trafficType === 2 ? 1 : 0) },
  { name: "traffic_3", theme: "source", value: (f) => (f.trafficType === 3 ? 1 : 0) },
  { name: "region", theme: "region", value: (f) => f.region },
  { name: "browser", theme: "device", value: (f) => f.browser },
  { name: "operating_system", theme: "device", value: (f) => f.operatingSystem },
  {
    name: "has_page_value",
    theme: "buyingPages",
    value: (f) => (f.pageValue > 0 ? 1 : 0),
  },
  { name: "exits_total", theme: "exits", value: (f) => f.exitRate * pages(f) },
  { name: "bounces_total", theme: "exits", value: (f) => f.bounceRate * pages(f) },
  { name: "seconds_per_page", theme: "visit", value: (f) => seconds(f) / Math.max(1, pages(f)) },
  {
    name: "seconds_per_administrative_page",
    theme: "account",
    value: (f) => f.administrative.seconds / Math.max(1, f.administrative.pages),
  },
  {
    name: "seconds_per_informational_page",
    theme: "information",
    value: (f) => f.informational.seconds / Math.max(1, f.informational.pages),
  },
  {
    name: "administrative_share",
    theme: "account",
    value: (f) => f.administrative.pages / Math.max(1, pages(f)),
  },
  {
    name: "product_time_share",
    theme: "products",
    value: (f) => f.product.seconds / Math.max(1, seconds(f)),
  },
  {
    name: "exit_by_bounce",
    theme: "exits",
    value: (f) => f.exitRate / (f.bounceRate + 0.001),
  },
  { name: "autumn", theme: "season", value: (f) => (f.month >= 9 && f.month <= 11 ? 1 : 0) },
  {
    name: "quiet_month",
    theme: "season",
    value: (f) => ([2, 3, 5].includes(f.month) ? 1 : 0),
  },
  {
    name: "page_value_damped",
    theme: "buyingPages",
    value: (f) => log(f.pageValue) * Math.exp(-40 * f.exitRate),
  },
  {
    name: "page_value_per_page",
    theme: "buyingPages",
    value: (f) => f.pageValue / Math.max(1, pages(f)),
  },
  { name: "no_time", theme: "visit", value: (f) => (seconds(f) === 0 ? 1 : 0) },
  { name: "depth", theme: "visit", value: (f) => log(pages(f)) * log(seconds(f)) },
];

export function featureVector(facts: SessionFacts): Float64Array {
  return Float64Array.from(features, (feature) => feature.value(facts));
}
