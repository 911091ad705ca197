import type { Decision } from "../../model/exchange/decision.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { HeaderList } from "../../model/http/header-list.ts";
import { limitCandidates } from "../limit-candidates.ts";

/** Well below what clients and proxies accept in a head. */
const decisionsCharsMax = 6000;
const candidatesMax = 5;

type Told = Pick<
  Exchange,
  "routeId" | "serviceId" | "targetId" | "attempts" | "queuedMs" | "connectMs" | "firstByteMs" | "startedAt"
>;

/** Adds the decisions about a request to the head of its answer, which then must not be cached. Only for authorized callers. */
export function writeDebugHeaders(headers: HeaderList, exchange: Told, decisions: readonly Decision[]): void {
  headers.set("x-cartway-debug-route", exchange.routeId);
  if (exchange.serviceId !== null) headers.set("x-cartway-debug-service", exchange.serviceId);
  if (exchange.targetId !== null) headers.set("x-cartway-debug-target", exchange.targetId);
  headers.set("x-cartway-debug-attempts", String(exchange.attempts));
  headers.set("x-cartway-debug-decisions", writeDecisions(decisions));
  headers.append("server-timing", timingsOf(exchange));
  headers.set("cache-control", "private, no-store");
}

/** In the format that browsers display (W3C Server Timing). Milliseconds. */
function timingsOf({ queuedMs, connectMs, firstByteMs, startedAt }: Told): string {
  const steps: readonly (readonly [name: string, ms: number])[] = [
    ["queue", queuedMs],
    ["connect", connectMs],
    ["first-byte", firstByteMs],
    ["gateway", performance.now() - startedAt],
  ];
  return steps.map(([name, ms]) => `${name};dur=${ms.toFixed(2)}`).join(", ");
}

/** An ASCII JSON array of as many decisions as fit; otherwise the last element is `{ "left": n }`. */
function writeDecisions(decisions: readonly Decision[]): string {
  const texts: string[] = [];
  let chars = 2;
  for (const [index, decision] of decisions.entries()) {
    const text = toAscii(JSON.stringify(limitCandidates(decision, candidatesMax)));
    chars += text.length + 1;
    if (chars > decisionsCharsMax) {
      texts.push(JSON.stringify({ left: decisions.length - index }));
      break;
    }
    texts.push(text);
  }
  return `[${texts.join(",")}]`;
}

/** Escaped as in JSON, because header values must be ASCII. */
function toAscii(text: string): string {
  return text.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
