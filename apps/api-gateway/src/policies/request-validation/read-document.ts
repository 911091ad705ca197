import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { JsonSchema } from "./compile-schema.ts";
import { isRecord } from "@libs/json";

/** A schema or an API description from a file, YAML or JSON. Throws Error saying what is wrong with the file. */
export function readDocument(file: string): JsonSchema {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`the file ${file} cannot be read`, { cause });
  }
  const document = parseText(file, text);
  if (!isRecord(document)) throw new Error(`the file ${file} holds no object`);
  return document;
}

function parseText(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new Error(`the file ${file} is neither YAML nor JSON`, { cause });
  }
}

/** The schema itself, or what its file holds. */
export function schemaOf(schema: JsonSchema): JsonSchema {
  const { file } = schema;
  return typeof file === "string" && Object.keys(schema).length === 1 ? readDocument(file) : schema;
}
