import { CartwayError } from "@libs/errors";

export type MetricKind = "counter" | "gauge" | "histogram";

/** Derived units, with the base unit to use instead (https://prometheus.io/docs/practices/naming). */
const otherUnits: Readonly<Record<string, string>> = {
  ms: "seconds",
  millis: "seconds",
  milliseconds: "seconds",
  us: "seconds",
  microseconds: "seconds",
  ns: "seconds",
  nanoseconds: "seconds",
  minutes: "seconds",
  hours: "seconds",
  kb: "bytes",
  mb: "bytes",
  kib: "bytes",
  mib: "bytes",
  kilobytes: "bytes",
  megabytes: "bytes",
  percent: "ratio",
  s: "seconds",
  sec: "seconds",
  m: "seconds",
  h: "seconds",
  d: "seconds",
  b: "bytes",
  gb: "bytes",
  tb: "bytes",
  pb: "bytes",
};

const labelsTaken = new Set(["le", "quantile", "job", "instance"]);

/** Throws where a metric breaks the naming rules, when it is declared, and therefore in the first test. */
export function checkMetricName(kind: MetricKind, name: string, labels: readonly string[]): void {
  const refuse = (why: string): never => {
    throw new CartwayError("internal", { internal: `metric ${name}: ${why}` });
  };
  if (!/^cartway_[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
    refuse("a name is cartway_ and words of lower case letters and digits");
  }
  const words = name.split("_");
  const last = words.at(-1) ?? "";
  if (kind === "counter" && last !== "total") refuse("a counter ends in _total");
  if (kind !== "counter" && ["total", "count", "sum", "bucket"].includes(last)) {
    refuse(`_${last} is not for a ${kind}`);
  }
  for (const word of words) {
    const base = otherUnits[word];
    if (base !== undefined) refuse(`_${word} is not a base unit, use _${base}`);
  }
  if (words.includes(kind)) refuse("a name does not say its type");
  for (const label of labels) {
    if (!/^[a-z][a-z0-9_]*$/.test(label) || label.startsWith("__")) refuse(`${label} is not a label name`);
    if (labelsTaken.has(label)) refuse(`the label ${label} belongs to Prometheus`);
  }
}
