import { Kind, type TSchema, type TUnsafe, Type } from "@sinclair/typebox";
import type { TypedEntry } from "../model/config/typed-entry.ts";
import { isRecord } from "@libs/json";

export interface TypedUnionOptions {
  /** What an entry is, for messages: `policy`. */
  readonly kind: string;
  readonly description: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/**
 * The schema of an entry that a registry knows by its `type`: one variant a line of the registry, so that an unknown type is
 * refused, and a known one is held to its own fields.
 */
export function typedUnion(
  registry: Readonly<Record<string, { readonly schema: TSchema }>>,
  options: TypedUnionOptions,
): TUnsafe<TypedEntry> {
  const variants = Object.entries(registry).map(([type, { schema }]) => variantOf(type, schema));
  // Not `Type.Union`: of a single variant it makes that variant itself, which would not be told from others by its type.
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

/**
 * The variant that an entry's `type` names; of other unions the only one that an object can be. `null` where the type is
 * unknown, or nothing tells which variant is meant.
 */
export function variantFor(schema: TSchema, value: unknown): TSchema | null {
  if (schema["discriminator"] !== "type") return onlyObject(schema, value);
  const type = typeOf(value);
  return variantsOf(schema).find((variant) => variant["properties"]?.type?.const === type) ?? null;
}

/** What an entry calls itself; undefined where it does not. */
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

/** The types that a typed union knows. */
export function typesOf(schema: TSchema): readonly string[] {
  return variantsOf(schema).map((variant) => String(variant["properties"]?.type?.const));
}

export function isSchema(value: unknown): value is TSchema {
  return isRecord(value);
}
