import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "@libs/errors";
import { nowhere, type PlaceOfIssue, type Reason } from "./config-document.ts";

export type LoadedModule =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: Reason; readonly place: PlaceOfIssue };

/** The default export of a TypeScript module, which is executed on every call, or the problem with it. */
export async function loadModule(file: string): Promise<LoadedModule> {
  try {
    // The query bypasses the module cache.
    const module: unknown = await import(`${pathToFileURL(resolve(file)).href}?at=${Date.now()}`);
    if (typeof module === "object" && module !== null && "default" in module)
      return isPlainData(module.default)
        ? { ok: true, value: module.default }
        : { ok: false, reason: notPlain, place: nowhere };
    return { ok: false, reason: noExport, place: nowhere };
  } catch (thrown) {
    return failure(thrown instanceof AggregateError ? thrown.errors[0] : thrown, resolve(file));
  }
}

const noExport = { message: "it exports no config", expected: "export default { version: 1, ... }" };
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
  const { file: at, ...position } = placeIn(thrown, file);
  const place = at === undefined || at === file ? position : { file: at, ...position };
  return { ok: false, reason: { message: `it cannot be run: ${messageOf(thrown)}` }, place };
}

/** The place of the compiler's error or of the failing statement: in this file if possible, otherwise in one that it imports. */
function placeIn(thrown: unknown, file: string): PlaceOfIssue {
  if (!(thrown instanceof Error)) return nowhere;
  if ("position" in thrown && typeof thrown.position === "object" && thrown.position !== null) {
    const { file: at, line, column } = { file: null, line: null, column: null, ...thrown.position };
    return typeof at === "string" && typeof line === "number" && typeof column === "number"
      ? { file: at, line, column }
      : nowhere;
  }
  const places = [...(thrown.stack ?? "").matchAll(frames)].map(([, at = "", line, column]) => ({
    file: at,
    line: Number(line),
    column: Number(column),
  }));
  return places.find((place) => place.file === file) ?? places[0] ?? nowhere;
}

/** Lines of a stack: `at name (/path/file.ts?at=1:2:3)`. */
const frames = /(?:\(|at )(\/[^()\n]*?)(?:\?at=\d+)?:(\d+):(\d+)\)?$/gm;
