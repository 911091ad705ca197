/** Whether the caller prefers HTML to JSON (RFC 9110, section 12.5.1): browsers do, clients that accept anything do not. */
export function prefersHtml(accept: string | null): boolean {
  if (accept === null || !/text\//i.test(accept)) return false;
  const weights = parseWeights(accept);
  return weightOf(weights, "text", "html") > weightOf(weights, "application", "json");
}

/** The most specific media range counts. */
function weightOf(weights: ReadonlyMap<string, number>, type: string, subtype: string): number {
  return weights.get(`${type}/${subtype}`) ?? weights.get(`${type}/*`) ?? weights.get("*/*") ?? 0;
}

/** Malformed elements are ignored. */
function parseWeights(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of accept.split(",")) {
    const [range = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const weight = parameters.find((text) => text.startsWith("q="))?.slice(2) ?? "1";
    if (/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight)) weights.set(range, Number(weight));
  }
  return weights;
}
