import type { Exchange } from "../../model/exchange/exchange.ts";
import { nameOf } from "../query-pairs.ts";
import type { QueryChangesConfig } from "./schema.ts";
import { compileValue } from "./template.ts";

/** The path and query that a service gets, from those it would have got. */
export type ChangeQuery = (pathAndQuery: string, exchange: Exchange) => string;

/** Remove, then rename, then set. What is not changed stays as it was written, in its order. */
export function compileQueryChanges({ remove, rename, set }: QueryChangesConfig): ChangeQuery {
  const gone = new Set([...remove, ...Object.keys(set)]);
  const names = new Map(Object.entries(rename));
  const values = Object.entries(set).map(
    ([name, text]) => [encodeURIComponent(name), compileValue(text)] as const,
  );
  return (pathAndQuery, exchange) => {
    const mark = pathAndQuery.indexOf("?");
    const path = mark === -1 ? pathAndQuery : pathAndQuery.slice(0, mark);
    const pairs =
      mark === -1
        ? []
        : pathAndQuery
            .slice(mark + 1)
            .split("&")
            .filter((pair) => pair !== "");
    const kept = pairs.flatMap((pair) => {
      const name = nameOf(pair);
      const renamed = names.get(name);
      if (remove.includes(name)) return [];
      if (renamed !== undefined) return gone.has(renamed) ? [] : [encodeURIComponent(renamed) + restOf(pair)];
      return gone.has(name) ? [] : [pair];
    });
    for (const [name, value] of values) kept.push(`${name}=${encodeURIComponent(textOf(value(exchange)))}`);
    return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
  };
}

function restOf(pair: string): string {
  const at = pair.indexOf("=");
  return at === -1 ? "" : pair.slice(at);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
