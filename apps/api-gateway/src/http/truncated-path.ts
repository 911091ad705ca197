import { ownText } from "@libs/http1";
import type { RequestTarget } from "../model/exchange/exchange.ts";

const charsMax = 512;

/** A request's path, truncated for storage: callers choose its length. */
export function truncatedPath({ path }: Pick<RequestTarget, "path">): string {
  return ownText(path.slice(0, charsMax));
}
