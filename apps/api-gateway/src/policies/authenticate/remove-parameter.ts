/** A path with its query without one parameter, however its name is spelt, so that a token goes no further than the gateway. */
export function removeParameter(pathAndQuery: string, name: string): string {
  const mark = pathAndQuery.indexOf("?");
  if (mark === -1) return pathAndQuery;
  const kept = pathAndQuery
    .slice(mark + 1)
    .split("&")
    .filter((pair) => !isNamed(pair, name));
  const path = pathAndQuery.slice(0, mark);
  return kept.length === 0 ? path : `${path}?${kept.join("&")}`;
}

function isNamed(pair: string, name: string): boolean {
  const [key = ""] = pair.split("=", 1);
  const [decoded] = new URLSearchParams(key).keys();
  return decoded === name;
}
