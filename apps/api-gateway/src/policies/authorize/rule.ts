import { Environment } from "@marcbachmann/cel-js";
import type { Exchange } from "../../model/exchange.ts";
import type { Principal } from "../../model/principal.ts";
import { callerSizeOf } from "./caller-size.ts";
import { type LoopWork, loopWorkOf } from "./loop-work.ts";
import { isPart } from "./rule-part.ts";

/**
 * A rule in the Common Expression Language, compiled. It `fails` also where a claim it names is missing; a caller who brings more than its
 * loop may look through is `too-large` for it, and it is not asked.
 */
export type Rule = (exchange: Exchange) => "holds" | "fails" | "too-large";

export type CompiledRule =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly message: string };

const sourceLengthMax = 1024;
/** What a loop may run over. An element whose claim is missing costs 2 us, others a tenth of it. */
const loopLengthMax = 1000;
/** Looks at values by all searches in a loop together: about 2 ms. */
const searchStepsMax = 1_000_000;

/** What a rule can see. The types are checked when the config is loaded. */
const environment = new Environment({
  unlistedVariablesAreDyn: false,
  limits: { maxAstNodes: 200, maxDepth: 20, maxListElements: 64, maxMapEntries: 32, maxCallArguments: 8 },
})
  .registerVariable("claim", "map<string, dyn>")
  .registerVariable("path", "map<string, string>")
  .registerVariable("roles", "list<string>")
  .registerVariable("scopes", "list<string>")
  .registerVariable("subject", "string")
  .registerVariable("tenant", "string")
  .registerVariable("method", "string")
  .registerVariable("host", "string")
  .registerVariable("ip", "string");

/**
 * Compiles a rule such as `claim.customer == path.customerId`. Only rules that end in true or false and whose time is bounded by their
 * text and what a token can hold: no regular expressions (`matches` can take exponential time), one loop at most, and in the loop
 * nothing that puts lists together. What a loop searches for each of its elements is bounded for each caller.
 */
export function compileRule(source: string): CompiledRule {
  if (source.length > sourceLengthMax) return refuse(`is longer than ${sourceLengthMax} characters`);
  const parsed = parse(source);
  if (typeof parsed === "string") return refuse(parsed);
  const calls = callsIn(parsed.ast);
  if (calls.includes("matches"))
    return refuse("uses matches(), whose time cannot be bounded; use startsWith, endsWith, contains or in");
  const work = loopWorkOf(parsed.ast);
  if (work.loops > 1) return refuse("has more than one loop; write two rules");
  if (work.builds) return refuse("adds up in its loop what the caller brings; compare its parts instead");
  const checked = parsed.check();
  if (!checked.valid) return refuse(firstLine(checked.error));
  if (checked.type !== "bool") return refuse(`ends in ${checked.type}, not in true or false`);
  const isTooLarge = boundOf(work);
  return {
    ok: true,
    rule(exchange) {
      if (exchange.principal === null) return "fails";
      if (isTooLarge(exchange.principal)) return "too-large";
      return evaluate(parsed, exchange, exchange.principal) ? "holds" : "fails";
    },
  };
}

/** Whom a rule is not asked about, because it would hold up everybody else. */
function boundOf({ loops, searches }: LoopWork): (principal: Principal) => boolean {
  if (loops === 0) return () => false;
  return (principal) => {
    const { longestList, values } = callerSizeOf(principal);
    return longestList > loopLengthMax || longestList * values * searches > searchStepsMax;
  };
}

/** Names of what a parsed rule calls, however its text spells it: with blanks, line ends or comments in between. */
function callsIn(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(callsIn);
  if (!isPart(part)) return [];
  const isCall = part.op === "call" || part.op === "rcall";
  const name: unknown = isCall && Array.isArray(part.args) ? part.args[0] : null;
  return [...(typeof name === "string" ? [name] : []), ...callsIn(part.args)];
}

function evaluate(
  expression: ReturnType<typeof environment.parse>,
  exchange: Exchange,
  principal: Principal,
): boolean {
  try {
    const verdict: unknown = expression({
      claim: principal.claims,
      path: exchange.params,
      roles: principal.roles,
      scopes: principal.scopes,
      subject: principal.subject,
      tenant: exchange.tenantId ?? "",
      method: exchange.method,
      host: exchange.target.host,
      ip: exchange.clientIp,
    });
    return verdict === true;
  } catch (error) {
    // a claim that is missing or of another type: the rule does not hold
    if (error instanceof Error) return false;
    throw error;
  }
}

function parse(source: string): ReturnType<typeof environment.parse> | string {
  try {
    return environment.parse(source);
  } catch (error) {
    return firstLine(error);
  }
}

function refuse(message: string): CompiledRule {
  return { ok: false, message };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "is not valid";
}
