import { Type } from "@sinclair/typebox";

/** Selects connections on any instance: by id, by user, or by login session. */
export const connectionTarget = Type.Object(
  {
    by: Type.Union([Type.Literal("connection"), Type.Literal("user"), Type.Literal("login")]),
    id: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { additionalProperties: false },
);
