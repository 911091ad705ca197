import type { Coding } from "./schema.ts";

/**
 * The client's preferred coding among those offered (RFC 9110, section 12.5.3): the highest weight, and among equals the first
 * offered. `null` where it accepts none, or prefers the identity coding.
 */
export function chooseCoding(acceptEncoding: string | null, offered: readonly Coding[]): Coding | null {
  if (acceptEncoding === null || acceptEncoding === "") return null;
  const weights = parseWeights(acceptEncoding);
  const others = weights.get("*") ?? 0;
  let best: Coding | null = null;
  let bestWeight = 0;
  for (const coding of offered) {
    const weight = weights.get(coding) ?? (coding === "gzip" ? weights.get("x-gzip") : undefined) ?? others;
    if (weight <= bestWeight) continue;
    best = coding;
    bestWeight = weight;
  }
  return bestWeight < (weights.get("identity") ?? 0) ? null : best;
}

/** Malformed elements are ignored. */
function parseWeights(text: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of text.split(",")) {
    const match = /^\s*([a-z0-9*-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i.exec(part);
    if (match !== null) weights.set((match[1] ?? "").toLowerCase(), Number(match[2] ?? 1));
  }
  return weights;
}
