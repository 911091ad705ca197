import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

export type LoadedModule =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly message: string;
      readonly expected?: string;
      readonly line: number | null;
    };

/** The default export of a TypeScript module, run anew each time, or why there is none. */
export async function loadModule(file: string): Promise<LoadedModule> {
  try {
    // The query makes each load a fresh one: a module is otherwise read once a process.
    const module: unknown = await import(`${pathToFileURL(resolve(file)).href}?at=${Date.now()}`);
    if (typeof module === "object" && module !== null && "default" in module)
      return { ok: true, value: module.default };
    return {
      ok: false,
      message: "it exports no config",
      expected: "export default { version: 1, ... }",
      line: null,
    };
  } catch (thrown) {
    return failure(thrown instanceof AggregateError ? thrown.errors[0] : thrown, resolve(file));
  }
}

function failure(thrown: unknown, file: string): LoadedModule {
  const message = `it cannot be run: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  return { ok: false, message, line: lineWhere(thrown, file) };
}

/** Where in the file the compiler stopped, or the statement that failed; `null` where it was elsewhere. */
function lineWhere(thrown: unknown, file: string): number | null {
  if (!(thrown instanceof Error)) return null;
  if ("position" in thrown && typeof thrown.position === "object" && thrown.position !== null) {
    const { file: at, line } = { file: null, line: null, ...thrown.position };
    return at === file && typeof line === "number" ? line : null;
  }
  for (const frame of thrown.stack?.split("\n") ?? []) {
    const at = frame.indexOf(file);
    const line = at === -1 ? undefined : /^(?:\?at=\d+)?:(\d+)/.exec(frame.slice(at + file.length))?.[1];
    if (line !== undefined) return Number(line);
  }
  return null;
}
