import type { Contract } from "./contract.ts";
import type { Operation } from "./openapi.ts";

export type OperationMatch =
  | {
      readonly kind: "matched";
      readonly contract: Contract;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "method"; readonly allow: readonly string[] }
  | { readonly kind: "none" };

interface Template {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly contracts: ReadonlyMap<string, Contract>;
}

/** Finds the operation of a path: one without parameters before one with them (OpenAPI 3.1, Paths Object). */
export function compileOperations(
  operations: readonly Operation[],
): (method: string, path: string) => OperationMatch {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  const templates = [...byPath]
    .toSorted(([left], [right]) => parametersIn(left) - parametersIn(right))
    .map(([path, list]) => compileTemplate(path, list));
  return (method, path) => {
    let others: OperationMatch = { kind: "none" };
    for (const { pattern, names, contracts } of templates) {
      const match = pattern.exec(path);
      if (match === null) continue;
      const contract = contracts.get(method);
      if (contract !== undefined) {
        const params = Object.fromEntries(names.map((name, index) => [name, decode(match[index + 1] ?? "")]));
        return { kind: "matched", contract, params };
      }
      if (others.kind === "none") others = { kind: "method", allow: [...contracts.keys()] };
    }
    return others;
  };
}

function compileTemplate(path: string, operations: readonly Operation[]): Template {
  const parts = path.split(/\{([^{}/]+)\}/);
  const source = parts.map((part, index) => (index % 2 === 1 ? "([^/]+)" : RegExp.escape(part))).join("");
  return {
    pattern: new RegExp(`^${source}$`),
    names: parts.filter((_, index) => index % 2 === 1),
    contracts: new Map(operations.flatMap(methodsOf)),
  };
}

/** GET also serves HEAD (RFC 9110, 9.3.2), unless HEAD has a description of its own. */
function methodsOf({ method, contract }: Operation, _index: number, all: readonly Operation[]) {
  const isForHead = method === "GET" && all.every((other) => other.method !== "HEAD");
  return [method, ...(isForHead ? ["HEAD"] : [])].map((name) => [name, contract] as const);
}

function parametersIn(path: string): number {
  return path.split("{").length;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not encoded: used as it is.
    return text;
  }
}
