import { GatewayConfigSchema } from "../schema.ts";
import { isRecord } from "@libs/json";

/** A JSON Schema, ready to be serialised. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface JsonSchemaOptions {
  /** For overlays: nothing is required, and `null` removes what the base has. */
  readonly isOverlay: boolean;
}

const dialect = "https://json-schema.org/draft/2020-12/schema";

/**
 * The config's schema for editors and other tools (JSON Schema, draft 2020-12). It describes files before defaults are filled in, so fields
 * with a default are not required.
 */
export function gatewayJsonSchema({ isOverlay }: JsonSchemaOptions): JsonSchema {
  // through JSON, to remove the schema library's own properties
  const plain: unknown = JSON.parse(JSON.stringify(GatewayConfigSchema));
  const { $id, ...schema } = publish(plain, isOverlay);
  const title = `${GatewayConfigSchema.title}${isOverlay ? ": an overlay" : ""}`;
  const id = isOverlay ? String($id).replace("gateway.", "gateway.overlay.") : $id;
  return { $schema: dialect, $id: id, ...schema, title };
}

function publish(value: unknown, isOverlay: boolean): Record<string, unknown> {
  const source = isRecord(value) ? value : {};
  const { discriminator: _discriminator, kind: _kind, required, ...rest } = source;
  const schema: Record<string, unknown> = { ...rest, ...children(rest, isOverlay) };
  const variants = rest["anyOf"];
  const choices = Array.isArray(variants) ? choicesOf(variants) : null;
  if (choices !== null) {
    delete schema["anyOf"];
    schema["enum"] = choices;
  }
  const needed = isOverlay ? [] : requiredOf(required, rest["properties"]);
  if (needed.length > 0) schema["required"] = needed;
  return schema;
}

function children(source: Readonly<Record<string, unknown>>, isOverlay: boolean): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const key of ["properties", "patternProperties"]) {
    const group = source[key];
    if (isRecord(group)) {
      found[key] = Object.fromEntries(
        Object.entries(group).map(([name, schema]) => [name, field(publish(schema, isOverlay), isOverlay)]),
      );
    }
  }
  for (const key of ["items", "additionalProperties", "not"]) {
    if (isRecord(source[key])) found[key] = publish(source[key], isOverlay);
  }
  const variants = source["anyOf"];
  if (Array.isArray(variants)) found["anyOf"] = variants.map((variant) => publish(variant, isOverlay));
  return found;
}

function field(schema: Record<string, unknown>, isOverlay: boolean): Record<string, unknown> {
  if (!isOverlay) return schema;
  const { description, default: _default, ...rest } = schema;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: "null" }] };
}

function requiredOf(required: unknown, properties: unknown): readonly unknown[] {
  if (!Array.isArray(required) || !isRecord(properties)) return [];
  return required.filter((name) => {
    const property = properties[String(name)];
    return !(isRecord(property) && "default" in property);
  });
}

/** Editors show an `enum` of values better than a union of constants. */
function choicesOf(variants: readonly unknown[]): unknown[] | null {
  const values = variants.map((variant) =>
    isRecord(variant) && "const" in variant && !("description" in variant) ? [variant["const"]] : null,
  );
  return values.every((value) => value !== null) ? values.flat() : null;
}
