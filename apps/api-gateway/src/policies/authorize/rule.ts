import { Environment } from "@marcbachmann/cel-js";
import type { Exchange } from "../../model/exchange.ts";

/** A rule in the Common Expression Language, compiled. `false` also where a claim it names is missing. */
export type Rule = (exchange: Exchange) => boolean;

export type CompiledRule =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly message: string };

const sourceLengthMax = 1024;

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
 * Compiles a rule such as `claim.customer == path.customerId`. Only rules that end in true or false and whose time is
 * bounded by their text and the square of what a token can hold: no regular expressions (`matches` can take exponential time) and one
 * loop at most.
 */
export function compileRule(source: string): CompiledRule {
  if (source.length > sourceLengthMax) return refuse(`is longer than ${sourceLengthMax} characters`);
  const parsed = parse(source);
  if (typeof parsed === "string") return refuse(parsed);
  const calls = callsIn(parsed.ast);
  if (calls.includes("matches"))
    return refuse("uses matches(), whose time cannot be bounded; use startsWith, endsWith, contains or in");
  if (calls.filter((name) => loops.has(name)).length > 1)
    return refuse("has more than one loop; write two rules");
  const checked = parsed.check();
  if (!checked.valid) return refuse(firstLine(checked.error));
  if (checked.type !== "bool") return refuse(`ends in ${checked.type}, not in true or false`);
  return { ok: true, rule: (exchange) => evaluate(parsed, exchange) };
}

const loops: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** Names of what a parsed rule calls, however its text spells it: with blanks, line ends or comments in between. */
function callsIn(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(callsIn);
  if (typeof part !== "object" || part === null || !("op" in part) || !("args" in part)) return [];
  const isCall = part.op === "call" || part.op === "rcall";
  const name: unknown = isCall && Array.isArray(part.args) ? part.args[0] : null;
  return [...(typeof name === "string" ? [name] : []), ...callsIn(part.args)];
}

function evaluate(expression: ReturnType<typeof environment.parse>, exchange: Exchange): boolean {
  const { principal } = exchange;
  if (principal === null) return false;
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
