import { Type } from "@sinclair/typebox";

/** The schema of a reference to a secret; configs never contain secrets. */
export function secretSchema(description: string) {
  return Type.Union(
    [
      Type.Object(
        {
          env: Type.String({
            description: "The environment variable with the secret.",
            minLength: 1,
            maxLength: 128,
          }),
        },
        { additionalProperties: false },
      ),
      Type.Object(
        { file: Type.String({ description: "The file with the secret.", minLength: 1, maxLength: 4096 }) },
        { additionalProperties: false },
      ),
    ],
    { description: `${description} { env: NAME } or { file: PATH }.` },
  );
}
