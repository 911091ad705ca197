import { isPart, type Part } from "./rule-part.ts";

export interface LoopWork {
  /** Number of loops in the rule. */
  readonly loops: number;
  /**
   * Number of searches through the caller's claims in a loop's body (`x in scopes`). Each takes time linear in the claims, and runs for
   * every element of a list from the claims.
   */
  readonly searches: number;
  /** Whether the body concatenates lists of the caller's, whose cost cannot be bounded. */
  readonly builds: boolean;
}

const loopNames: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);
const comparing: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const connecting: ReadonlySet<string> = new Set(["&&", "||", "!_", "?:"]);
/** Variables that are no longer than a URL. */
const shortNames: ReadonlySet<string> = new Set(["path", "subject", "tenant", "method", "host", "ip"]);
const nothing: LoopWork = { loops: 0, searches: 0, builds: false };

/** How a parsed rule's running time grows with its caller's claims. */
export function loopWorkOf(part: unknown): LoopWork {
  if (Array.isArray(part)) return part.map(loopWorkOf).reduce(add, nothing);
  if (!isPart(part)) return nothing;
  const call = callOf(part);
  const inside = loopWorkOf(part.args);
  if (call === null || !loopNames.has(call.name)) return inside;
  const [variable, ...body] = call.args;
  const short = new Set([...shortNames, nameOf(variable)]);
  const work = body.map((step) => bodyWork(step, short)).reduce(add, nothing);
  return add(add(inside, work), { ...nothing, loops: 1 });
}

function bodyWork(part: unknown, short: ReadonlySet<string>): LoopWork {
  if (!isPart(part)) return nothing;
  if (isShort(part, short)) return nothing;
  if (isAccess(part)) return { ...nothing, searches: 1 };
  const parts = partsIn(part.args);
  const inside = parts
    .filter((inner) => !isAccess(inner))
    .map((inner) => bodyWork(inner, short))
    .reduce(add, nothing);
  if (part.op === "+") return { ...inside, builds: true };
  // a comparison takes time linear in the shorter side
  const isBounded = comparing.has(part.op) && parts.some((side) => isShort(side, short));
  return isBounded || connecting.has(part.op) ? inside : add(inside, { ...nothing, searches: 1 });
}

/** Whether it is only a variable or a member of one. */
function isAccess({ op, args }: Part): boolean {
  if (op === "id") return true;
  const [of] = partsIn(args);
  return (op === "." || op === "[]") && of !== undefined && isAccess(of);
}

/** Whether its value is as short as a URL or a list's element, so that using it once per element costs no more than one scan of the list. */
function isShort(part: Part, short: ReadonlySet<string>): boolean {
  if (part.op === "value") return true;
  if (part.op === "id") return short.has(nameOf(part));
  if (part.op === "." || part.op === "[]") {
    const [of] = partsIn(part.args);
    return of !== undefined && isShort(of, short);
  }
  return partsIn(part.args).every((inner) => isShort(inner, short));
}

function add(one: LoopWork, other: LoopWork): LoopWork {
  return {
    loops: one.loops + other.loops,
    searches: one.searches + other.searches,
    builds: one.builds || other.builds,
  };
}

function callOf({ op, args }: Part): { readonly name: string; readonly args: readonly unknown[] } | null {
  if (op !== "rcall" || !Array.isArray(args)) return null;
  const [name, , given] = args;
  return typeof name === "string" && Array.isArray(given) ? { name, args: given } : null;
}

function nameOf(part: unknown): string {
  return isPart(part) && part.op === "id" && typeof part.args === "string" ? part.args : "";
}

function partsIn(value: unknown): readonly Part[] {
  if (Array.isArray(value)) return value.flatMap(partsIn);
  return isPart(value) ? [value] : [];
}
