import { Kind, type TSchema, type TUnsafe, Type } from "@sinclair/typebox";
import type { TypedEntry } from "../model/config/typed-entry.ts";
import { isRecord } from "@libs/json";

export interface TypedUnionOptions {
  /** The kind of entry, for messages: `policy`. */
  readonly kind: string;
  readonly description: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** The schema of entries of a registry, selected by `type`. Unknown types are refused, and each type has its own fields. */
export function typedUnion(
  registry: Readonly<Record<string, { readonly schema: TSchema }>>,
  options: TypedUnionOptions,
): TUnsafe<TypedEntry> {
  const variants = Object.entries(registry).map(([type, { schema }]) => variantOf(type, schema));
  // Not `Type.Union`, which reduces a single variant to that variant, without its type.
  return Type.Unsafe<TypedEntry>({ [Kind]: "Union", anyOf: variants, discriminator: "type", ...options });
}

function variantOf(type: string, schema: TSchema): TSchema {
  const { description } = schema;
  const named = Type.Literal(type, description === undefined ? {} : { description });
  return {
    ...schema,
    title: type,
    properties: { type: named, ...schema["properties"] },
    required: ["type", ...(schema["required"] ?? [])],
  };
}

/** The variant of an entry's `type`; for other unions, the only one that can be an object. `null` if the type is unknown or ambiguous. */
export function variantFor(schema: TSchema, value: unknown): TSchema | null {
  if (schema["discriminator"] !== "type") return onlyObject(schema, value);
  const type = typeOf(value);
  return variantsOf(schema).find((variant) => variant["properties"]?.type?.const === type) ?? null;
}

/** The entry's `type`, if it has one. */
export function typeOf(value: unknown): unknown {
  return isRecord(value) ? value["type"] : undefined;
}

function onlyObject(schema: TSchema, value: unknown): TSchema | null {
  if (!isRecord(value)) return null;
  const objects = variantsOf(schema).filter((variant) => variant["type"] === "object");
  return objects.length === 1 ? (objects[0] ?? null) : null;
}

export function variantsOf(schema: TSchema): readonly TSchema[] {
  return schema["anyOf"] ?? [];
}

/** The types of a typed union. */
export function typesOf(schema: TSchema): readonly string[] {
  return variantsOf(schema).map((variant) => String(variant["properties"]?.type?.const));
}

export function isSchema(value: unknown): value is TSchema {
  return isRecord(value);
}
