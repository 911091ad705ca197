import type { JsonSchema } from "./compile-schema.ts";
import { isRecord } from "@libs/json";
import { readWholeFile } from "../read-whole-file.ts";

/** Far larger than any description, and small enough to be held in memory. */
const bytesMax = 16 * 1024 * 1024;

/** A schema or an API description from a file, YAML or JSON. Throws Error saying what is wrong with the file. */
export function readDocument(file: string): JsonSchema {
  const document = parseText(file, readWholeFile(file, bytesMax));
  if (!isRecord(document)) throw new Error(`the file ${file} does not contain an object`);
  return document;
}

function parseText(file: string, text: string): unknown {
  const { parse, YAMLParseError }: typeof import("yaml") = require("yaml");
  try {
    return parse(text);
  } catch (cause) {
    const at = cause instanceof YAMLParseError ? cause.linePos?.[0] : undefined;
    const place = at === undefined ? "" : `: see line ${at.line}, column ${at.col}`;
    throw new Error(`the file ${file} is neither YAML nor JSON${place}`, { cause });
  }
}

/** The schema itself, or what its file holds. */
export function schemaOf(schema: JsonSchema): JsonSchema {
  const file = fileOf(schema);
  return file === null ? schema : readDocument(file);
}

/** The file with the schema; `null` if the schema is inline. */
export function fileOf(schema: JsonSchema): string | null {
  const { file } = schema;
  return typeof file === "string" && Object.keys(schema).length === 1 ? file : null;
}
