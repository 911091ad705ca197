import { ownText } from "@libs/http1";
import type { RequestTarget } from "../model/exchange.ts";

const charsMax = 512;

/** The path of a request as it is kept for operators. Paths are as long as callers like: what is kept of one is bounded. */
export function keptPath({ path }: RequestTarget): string {
  return ownText(path.slice(0, charsMax));
}
