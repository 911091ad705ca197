import { Type } from "@sinclair/typebox";

/** Whose tries to log in: an account's, an address's, or both, which is an account's from that address besides. */
export const triesNamed = Type.Object(
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
