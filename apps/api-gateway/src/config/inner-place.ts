import type { TSchema } from "@sinclair/typebox";

/** Deeper down nobody means it any more. */
const depthMax = 2;

/**
 * Where within an object a field of this name belongs that was written one level too far out: `path.stripPrefix` for `stripPrefix`. `undefined`
 * where there is no such field, or more than one.
 */
export function innerPlace(schema: TSchema, name: string): string | undefined {
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
