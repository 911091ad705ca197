import { nameOf } from "../query-pairs.ts";

/** Removes a query parameter, however its name is encoded, so that a token goes no further than the gateway. */
export function removeParameter(pathAndQuery: string, name: string): string {
  const mark = pathAndQuery.indexOf("?");
  if (mark === -1) return pathAndQuery;
  const kept = pathAndQuery
    .slice(mark + 1)
    .split("&")
    .filter((pair) => nameOf(pair) !== name);
  const path = pathAndQuery.slice(0, mark);
  return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
}
