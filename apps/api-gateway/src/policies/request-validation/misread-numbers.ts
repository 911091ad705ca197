import type { InputIssue } from "@libs/errors";
import { isRecord } from "@libs/json";
import { encodePointerKey } from "../../model/config/json-pointer.ts";

/** What a URL or headers hold: texts by name, of a repeated name all of them. */
type Texts = readonly (readonly [name: string, texts: readonly string[]])[];

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

export function textsOf(value: unknown): Texts {
  if (!isRecord(value)) return [];
  return Object.entries(value).map(([name, text]) => [name, [text].flat().map(String)]);
}

/**
 * The texts that a validator has replaced with numbers although JSON does not write numbers that way: `0x10`, `+5`, ` 5`. Services
 * read those differently or not at all, so what was validated would not be what they use.
 */
export function misreadNumbers(before: Texts, after: unknown): readonly InputIssue[] {
  if (!isRecord(after)) return [];
  return before.flatMap(([name, texts]) => {
    const values: readonly unknown[] = [after[name]].flat();
    const isMisread = texts.some((text, index) => isReplaced(text, values[index]) && !isJsonNumber(text));
    if (!isMisread) return [];
    return [{ path: `/${encodePointerKey(name)}`, message: "must be a number as JSON writes it" }];
  });
}

/** With a schema of alternatives it may be a text again, of the number that one of them has read. */
function isReplaced(text: string, value: unknown): boolean {
  return (typeof value === "number" || typeof value === "string") && value !== text;
}

function isJsonNumber(text: string): boolean {
  return jsonNumber.test(text) && Number.isFinite(Number(text));
}
