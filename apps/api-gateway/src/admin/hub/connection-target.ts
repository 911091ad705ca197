import { Type } from "@sinclair/typebox";

/** Which connections are meant, on whatever instance: one by its id, all of a user, or all of a login session. */
export const connectionTarget = Type.Object(
  {
    by: Type.Union([Type.Literal("connection"), Type.Literal("user"), Type.Literal("login")]),
    id: Type.String({ minLength: 1, maxLength: 256 }),
  },
  { additionalProperties: false },
);
