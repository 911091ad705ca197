import { overlay } from "./overlay.ts";
import type { ConfigDocument } from "./config-document.ts";
import type { Position } from "./config-document.ts";
import { encodePointerKey, pointerKeys } from "../../model/config/json-pointer.ts";

export interface Place extends Position {
  readonly file: string;
}

/** Several documents merged, later ones over earlier ones. */
export interface MergedDocument {
  readonly value: unknown;
  /** The position of a JSON Pointer of the merged value, or of the nearest part around it that has one. */
  placeOf(path: string): Place;
  /** Pointers of the values that come from an overlay, with its file. */
  readonly overlaid: ReadonlyMap<string, string>;
}

interface Origin {
  readonly document: ConfigDocument;
  readonly path: string;
  readonly isLeaf: boolean;
}

export function mergeDocuments(base: ConfigDocument, overlays: readonly ConfigDocument[]): MergedDocument {
  let { value } = base;
  for (const { value: over } of overlays) value = overlay(value, over);
  const origins = new Map<string, Origin>();
  for (const document of overlays)
    trace({ document, merged: value, over: document.value }, ["", ""], origins);
  return {
    value,
    placeOf(path) {
      for (let place = path; ; place = place.slice(0, place.lastIndexOf("/"))) {
        const origin = origins.get(place);
        if (origin !== undefined)
          return { file: origin.document.file, ...origin.document.positionOf(origin.path) };
        if (place === "" || has(base.value, place)) return { file: base.file, ...base.positionOf(place) };
      }
    },
    overlaid: new Map(
      [...origins].flatMap(([path, { document, isLeaf }]) =>
        isLeaf ? [[path, document.file] as const] : [],
      ),
    ),
  };
}

interface Traced {
  readonly document: ConfigDocument;
  readonly merged: unknown;
  readonly over: unknown;
}

/** Records for each value of an overlay its pointer in the merged document, which differs for lists merged by id. */
function trace(
  { document, merged, over }: Traced,
  [path, own]: readonly [string, string],
  origins: Map<string, Origin>,
) {
  if (over === null) return;
  const isLeaf = typeof over !== "object";
  if (path !== "") origins.set(path, { document, path: own, isLeaf });
  if (isLeaf || typeof merged !== "object" || merged === null) return;
  for (const [key, inner] of Object.entries(over)) {
    const place = Array.isArray(merged) ? indexOf(merged, inner, key) : key;
    const next = { document, merged: Reflect.get(merged, place), over: inner };
    trace(next, [`${path}/${encodePointerKey(place)}`, `${own}/${encodePointerKey(key)}`], origins);
  }
}

function indexOf(list: readonly unknown[], entry: unknown, key: string): string {
  const id = idOf(entry);
  const found = id === undefined ? -1 : list.findIndex((one) => idOf(one) === id);
  return found === -1 ? key : String(found);
}

function idOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, "id") : undefined;
}

function has(value: unknown, path: string): boolean {
  let node = value;
  for (const key of pointerKeys(path)) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return false;
    node = Reflect.get(node, key);
  }
  return true;
}
