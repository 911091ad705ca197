import { isRecord } from "./is-record.ts";

declare global {
  /** https://tc39.es/proposal-json-parse-with-source, which TypeScript does not declare. */
  interface JSON {
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

interface JsonSource {
  /** The text of a string, number, boolean or null; absent for lists and objects. */
  readonly source?: string;
}

/** A number whose value a double may not hold, or not write again: 16 characters or more, an exponent, a minus zero. */
const maybeInexact = /(?:^|[[:,\s])(?:-0|-?\d(?:[\d.]{15}|[\d.]*[eE]))/;

/**
 * Parses JSON that is to be written again: `JSON.stringify` writes every number with the value it was read with. Numbers that would
 * otherwise change (2^53 + 1, 1e400) are `JSON.rawJSON`, which `isJsonObject` tells from objects. @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  return maybeInexact.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/** Whether it is an object, of a value from `parseExactJson`. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !JSON.isRawJSON(value);
}

function keepDigits(_name: string, value: unknown, ...[context]: readonly JsonSource[]): unknown {
  const source = context?.source;
  const isChanged = typeof value === "number" && source !== undefined && String(value) !== source;
  return isChanged ? JSON.rawJSON(source) : value;
}
