import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "@libs/errors";
import { nowhere, type Position } from "./config-document.ts";

export type LoadedModule =
  | { readonly ok: true; readonly value: unknown }
  | ({ readonly ok: false; readonly message: string; readonly expected?: string } & Position);

/** The default export of a TypeScript module, which is executed on every call, or the problem with it. */
export async function loadModule(file: string): Promise<LoadedModule> {
  try {
    // The query bypasses the module cache.
    const module: unknown = await import(`${pathToFileURL(resolve(file)).href}?at=${Date.now()}`);
    if (typeof module === "object" && module !== null && "default" in module)
      return isPlainData(module.default)
        ? { ok: true, value: module.default }
        : { ok: false, ...notPlain, ...nowhere };
    return {
      ok: false,
      message: "it exports no config",
      expected: "export default { version: 1, ... }",
      ...nowhere,
    };
  } catch (thrown) {
    return failure(thrown instanceof AggregateError ? thrown.errors[0] : thrown, resolve(file));
  }
}

const notPlain = {
  message: "its default export is not plain data",
  expected: "an object of texts, numbers, true, false, lists and objects",
};

/** A function, a BigInt or a circle cannot cross to another process, as configs do. */
function isPlainData(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

function failure(thrown: unknown, file: string): LoadedModule {
  const message = `it cannot be run: ${messageOf(thrown)}`;
  return { ok: false, message, ...positionIn(thrown, file) };
}

/** The position of the compiler's error or of the failing statement, if it is in this file. */
function positionIn(thrown: unknown, file: string): Position {
  if (!(thrown instanceof Error)) return nowhere;
  if ("position" in thrown && typeof thrown.position === "object" && thrown.position !== null) {
    const { file: at, line, column } = { file: null, line: null, column: null, ...thrown.position };
    return at === file && typeof line === "number" && typeof column === "number" ? { line, column } : nowhere;
  }
  for (const frame of thrown.stack?.split("\n") ?? []) {
    const at = frame.indexOf(file);
    const found = at === -1 ? null : /^(?:\?at=\d+)?:(\d+):(\d+)/.exec(frame.slice(at + file.length));
    if (found !== null) return { line: Number(found[1]), column: Number(found[2]) };
  }
  return nowhere;
}
