import type { TSchema } from "@sinclair/typebox";

/** A match deeper than this is most likely a coincidence. */
const depthMax = 2;

/**
 * Where a field that was written one level too high belongs: `path.stripPrefix` for `stripPrefix`. `undefined` where no nested field
 * has this name, or several have.
 */
export function findNestedField(schema: TSchema, name: string): string | undefined {
  const [first, second] = placesOf(schema, name, depthMax);
  return second === undefined ? first : undefined;
}

function* placesOf(schema: TSchema, name: string, depth: number): Generator<string> {
  if (depth === 0) return;
  for (const [field, inner] of Object.entries<TSchema>(schema["properties"] ?? {})) {
    for (const variant of [inner, ...((inner["anyOf"] ?? []) as readonly TSchema[])]) {
      if (Object.hasOwn(variant["properties"] ?? {}, name)) yield `${field}.${name}`;
      for (const place of placesOf(variant, name, depth - 1)) yield `${field}.${place}`;
    }
  }
}
