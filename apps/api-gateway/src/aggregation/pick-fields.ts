import { isJsonObject } from "@libs/json";
import { pointerKeys } from "../model/config/json-pointer.ts";

/** Selects the fields to keep of a part's answer. */
export type PickFields = (value: unknown) => unknown;

/** @param pick JSON Pointers by the names that their values get; everything is kept where absent. */
export function compilePick(pick: Readonly<Record<string, string>> | undefined): PickFields {
  if (pick === undefined) return (value) => value;
  const fields = Object.entries(pick).map(([name, pointer]) => [name, pointerKeys(pointer)] as const);
  return (value) => Object.fromEntries(fields.flatMap(([name, keys]) => found(name, at(value, keys))));
}

function found(name: string, value: unknown): readonly (readonly [string, unknown])[] {
  return value === undefined ? [] : [[name, value]];
}

/** `undefined` where there is no value. */
function at(value: unknown, keys: readonly string[]): unknown {
  let here = value;
  for (const key of keys) {
    if (Array.isArray(here)) here = /^(?:0|[1-9]\d{0,8})$/.test(key) ? here[Number(key)] : undefined;
    else if (isJsonObject(here) && Object.hasOwn(here, key)) here = here[key];
    else return undefined;
  }
  return here;
}
