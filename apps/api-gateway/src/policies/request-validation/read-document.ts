import { readFileSync, statSync } from "node:fs";
import { parse } from "yaml";
import type { JsonSchema } from "./compile-schema.ts";
import { isRecord } from "@libs/json";

/** Far above any description, and little enough to be held whole. */
const bytesMax = 16 * 1024 * 1024;

/** A schema or an API description from a file, YAML or JSON. Throws Error saying what is wrong with the file. */
export function readDocument(file: string): JsonSchema {
  const document = parseText(file, readText(file));
  if (!isRecord(document)) throw new Error(`the file ${file} holds no object`);
  return document;
}

/** Of a file alone: a device or a pipe may have no end, and nobody is answered while it is read. */
function readText(file: string): string {
  let size: number | null = null;
  try {
    const stats = statSync(file);
    size = stats.isFile() ? stats.size : null;
    if (size !== null && size <= bytesMax) return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`the file ${file} cannot be read`, { cause });
  }
  throw new Error(size === null ? `${file} is no file` : `the file ${file} is larger than ${bytesMax} bytes`);
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
