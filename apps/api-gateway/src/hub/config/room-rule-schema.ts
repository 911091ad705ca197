import { type Static, Type } from "@sinclair/typebox";
import { ServicePath } from "./service-path.ts";

const strict = { additionalProperties: false } as const;

export const RoomRuleSchema = Type.Object(
  {
    join: Type.Optional(
      Type.Boolean({ description: "Whether clients may join rooms of this pattern; true by default." }),
    ),
    pattern: Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "Room name with {sessionId} (the session the connection is bound to), {userId}, {tenantId}, {claim.NAME} (of the verified credential: a text or a whole number), or {any} for one part without a colon. A value before another placeholder names no room where it holds the character that follows it.",
    }),
    atConnect: Type.Optional(
      Type.Boolean({
        description:
          "Joins connections to the pattern's room when they open and lists it in their welcome; false by default. Not with {any} or {sessionId}.",
      }),
    ),
    ask: Type.Optional(
      Type.Object(ServicePath, { ...strict, description: "A service that must allow each join with 2xx." }),
    ),
    presence: Type.Optional(
      Type.Boolean({
        description:
          "Members can be listed, and joins and leaves are announced to the room; false by default.",
      }),
    ),
    recoverMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description: "Frames replayed to a returning member; a longer gap is lost; 100 by default.",
      }),
    ),
    coalesceMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description:
          "How long messages of a room may be held, so that a member gets several in one write; 0, at once, by default. Answers never wait. Milliseconds.",
      }),
    ),
  },
  { ...strict, description: "Rooms that connections of the endpoint may join." },
);

export type RoomRuleConfig = Static<typeof RoomRuleSchema>;
