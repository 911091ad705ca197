import { createHash } from "node:crypto";
import { isRecord } from "@libs/json";
import { runAtOnce, type Steps } from "../model/steps.ts";

/** Identifies a config in `/version`, metrics and the audit trail: equal for equal settings, in whatever order they are written. */
export function configHash(config: unknown): string {
  return runAtOnce(hashSteps(config));
}

/** The same in steps, one route or service each. */
export function* hashSteps(config: unknown): Steps<string> {
  const hash = createHash("sha256");
  for (const piece of piecesOf(config, 2)) {
    hash.update(piece);
    yield;
  }
  return hash.digest("hex").slice(0, 12);
}

/** The canonical text in pieces, split at the first `depth` levels. */
function* piecesOf(value: unknown, depth: number): Generator<string> {
  if (depth === 0 || typeof value !== "object" || value === null) yield canonical(value);
  else if (isRecord(value)) {
    yield "{";
    for (const [index, [key, inner]] of sortedEntries(value).entries()) {
      yield `${index === 0 ? "" : ","}${JSON.stringify(key)}:`;
      yield* piecesOf(inner, depth - 1);
    }
    yield "}";
  } else {
    yield "[";
    for (const [index, inner] of Object.values(value).entries()) {
      if (index > 0) yield ",";
      yield* piecesOf(inner, depth - 1);
    }
    yield "]";
  }
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (!isRecord(value)) return `[${Object.values(value).map(canonical).join(",")}]`;
  const entries = sortedEntries(value).map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`);
  return `{${entries.join(",")}}`;
}

function sortedEntries(value: Readonly<Record<string, unknown>>): [key: string, value: unknown][] {
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
