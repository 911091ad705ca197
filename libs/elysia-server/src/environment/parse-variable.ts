import { parseOtlpHeaders } from "@libs/monitoring";
import type { EnvironmentVariable } from "./environment-schema.ts";

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly expected: string };

/** Parses a variable's text, or describes what was expected. Never throws, never repairs. */
export function parseVariable(variable: EnvironmentVariable, text: string): Parsed {
  switch (variable.type) {
    case "text":
      return text.length >= (variable.charsMin ?? 0)
        ? accept(text)
        : refuse(`at least ${variable.charsMin} characters`);
    case "integer":
      return parseNumber(text, { ...variable, whole: true });
    case "port":
      return parseNumber(text, { min: 0, max: 65_535, ...variable, whole: true });
    case "number":
      return parseNumber(text, { ...variable, whole: false });
    case "boolean":
      return parseFlag(text);
    case "choice":
      return variable.choices.includes(text) ? accept(text) : refuse(`one of ${variable.choices.join(", ")}`);
    case "url":
      return parseUrl(text, variable.protocols);
    case "list":
      return accept(
        text
          .split(",")
          .map((part) => part.trim())
          .filter((part) => part !== ""),
      );
    case "headers":
      return parseHeaders(text);
  }
}

interface NumberRange {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly whole: boolean;
}

function parseNumber(text: string, { min = -Infinity, max = Infinity, whole }: NumberRange): Parsed {
  const value = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const fits =
    Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isSafeInteger(value));
  return fits ? accept(value) : refuse(`${whole ? "a whole number" : "a number"}${rangeText(min, max)}`);
}

function rangeText(min: number, max: number): string {
  if (Number.isFinite(min) && Number.isFinite(max)) return ` from ${min} to ${max}`;
  if (Number.isFinite(min)) return ` of at least ${min}`;
  return Number.isFinite(max) ? ` of at most ${max}` : "";
}

function parseFlag(text: string): Parsed {
  const lower = text.toLowerCase();
  if (["true", "1", "yes", "on"].includes(lower)) return accept(true);
  if (["false", "0", "no", "off"].includes(lower)) return accept(false);
  return refuse("true or false");
}

function parseUrl(text: string, protocols: readonly string[] | undefined): Parsed {
  const names = protocols?.map((protocol) => `${protocol}//`).join(" or ");
  const url = URL.parse(text);
  if (url === null) return refuse(names === undefined ? "a URL" : `a URL that begins with ${names}`);
  return protocols === undefined || protocols.includes(url.protocol)
    ? accept(text)
    : refuse(`a URL that begins with ${names}`);
}

function parseHeaders(text: string): Parsed {
  try {
    return accept(parseOtlpHeaders(text));
  } catch (thrown) {
    const why = thrown instanceof Error ? ` (${thrown.message})` : "";
    return refuse(`name=value pairs separated by commas${why}`);
  }
}

function accept(value: unknown): Parsed {
  return { ok: true, value };
}

function refuse(expected: string): Parsed {
  return { ok: false, expected };
}
