import { messageOf } from "@libs/errors";
import type { Environment } from "@marcbachmann/cel-js";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { Principal } from "../../model/identity/principal.ts";
import { callerSizeOf } from "./caller-size.ts";
import { type LoopWork, loopWorkOf } from "./loop-work.ts";
import { isPart } from "./rule-part.ts";

/**
 * A compiled rule in the Common Expression Language. It `fails` also where a claim is missing; for a caller whose claims are larger than
 * its loop may scan the result is `too-large`, without evaluation.
 */
export type Rule = (exchange: Exchange) => "holds" | "fails" | "too-large";

export type CompiledRule =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly message: string };

const sourceLengthMax = 1024;
/** Elements that a loop may run over. One with a missing claim costs 2 us, others a tenth of that. */
const loopLengthMax = 1000;
/** Values that all searches in a loop may visit together, in about 2 ms. */
const searchStepsMax = 1_000_000;

/** Created for the first rule, with the package that it needs: most configs have none. */
let environment: Environment | null = null;

/** The variables of rules. Types are checked when the config is loaded. */
function createEnvironment(): Environment {
  const { Environment }: typeof import("@marcbachmann/cel-js") = require("@marcbachmann/cel-js");
  return new Environment({
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
}

/**
 * Compiles a rule such as `claim.customer == path.customerId`. Rules must be boolean, and their time bounded by their text and the size
 * of a token: no regular expressions (`matches` can take exponential time), at most one loop, and no list concatenation in it. Searches
 * within a loop are bounded per caller.
 */
export function compileRule(source: string): CompiledRule {
  if (source.length > sourceLengthMax) return refuse(`is longer than ${sourceLengthMax} characters`);
  const parsed = parse(source);
  if (typeof parsed === "string") return refuse(`is not CEL: ${parsed}${hintFor(parsed)}`);
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

/** Whether evaluating the rule for this caller would block everybody else for too long. */
function boundOf({ loops, searches }: LoopWork): (principal: Principal) => boolean {
  if (loops === 0) return () => false;
  return (principal) => {
    const { longestList, values } = callerSizeOf(principal);
    return longestList > loopLengthMax || longestList * values * searches > searchStepsMax;
  };
}

/** Names of the functions that a parsed rule calls, independent of white space and comments in its text. */
function callsIn(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(callsIn);
  if (!isPart(part)) return [];
  const isCall = part.op === "call" || part.op === "rcall";
  const name: unknown = isCall && Array.isArray(part.args) ? part.args[0] : null;
  return [...(typeof name === "string" ? [name] : []), ...callsIn(part.args)];
}

function evaluate(
  expression: ReturnType<Environment["parse"]>,
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
    // a missing claim, or one of another type: the rule does not hold
    if (error instanceof Error) return false;
    throw error;
  }
}

function parse(source: string): ReturnType<Environment["parse"]> | string {
  try {
    environment ??= createEnvironment();
    return environment.parse(source);
  } catch (error) {
    return firstLine(error);
  }
}

function hintFor(fault: string): string {
  return fault.endsWith(": =") ? " (equality is ==)" : "";
}

function refuse(message: string): CompiledRule {
  return { ok: false, message };
}

function firstLine(error: unknown): string {
  const text = messageOf(error);
  return text.split("\n", 1)[0] ?? "is not valid";
}
