import { Type } from "@sinclair/typebox";

/** Whose login attempts: those on an account, from an address, or with both also those on the account from that address. */
export const attemptsSchema = Type.Object(
  {
    email: Type.Optional(Type.String({ minLength: 3, maxLength: 254, description: "Of the account." })),
    address: Type.Optional(
      Type.String({
        pattern: "^[0-9A-Fa-f:.]{2,45}$",
        description: "Of the caller; IPv6 ones count by their /64.",
      }),
    ),
  },
  { additionalProperties: false },
);
