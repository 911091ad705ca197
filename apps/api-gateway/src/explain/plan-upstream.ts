import type { RequestHeaders } from "@libs/http1";
import { isSensitiveKey } from "@libs/monitoring";
import type { Exchange } from "../model/exchange/exchange.ts";
import { withholdParameters } from "../model/http/withhold-parameters.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import type { UpstreamPlan } from "./explanation.ts";

/** What the service would receive after all policies have run, compared to what the client sent. */
export function planUpstream(route: CompiledRoute, exchange: Exchange): UpstreamPlan {
  const { request, upstreamHeaders } = exchange;
  const sent = pairsOf(upstreamHeaders.raw);
  const names = new Set(sent.map(([name]) => name));
  return {
    method: exchange.method,
    // a policy may add a key of the service's to the query
    path: withholdParameters(exchange.upstreamPath, mark),
    host: route.preservesHost ? request.headers.get("host") : null,
    headersSet: sent.filter(([name, value]) => request.headers.get(name) !== value).map(withheld),
    headersRemoved: namesOf(request.headers).filter((name) => name !== "host" && !names.has(name)),
    bodyBytesMax: route.bodyBytesMax,
    timeouts: { ...route.timeouts, totalMs: route.totalMs },
  };
}

function namesOf(headers: RequestHeaders): string[] {
  const names: string[] = [];
  headers.forEach((_, name) => names.push(name));
  return names;
}

function pairsOf(raw: readonly string[]): (readonly [name: string, value: string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index < raw.length; index += 2)
    pairs.push([(raw[index] ?? "").toLowerCase(), raw[index + 1] ?? ""]);
  return pairs;
}

const mark = "(withheld)";

function withheld([name, value]: readonly [string, string]): readonly [string, string] {
  return [name, isSensitiveKey(name) ? mark : value];
}
