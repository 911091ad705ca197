import { t } from "elysia";
import { reportedState, strict } from "./schemas.ts";

/** What devices send, in a request or in a frame of their socket. */

export const claimToken = t.String({ minLength: 1, maxLength: 100 });

export const heartbeatBody = t.Object(
  {
    status: reportedState,
    agentVersion: t.Optional(t.String({ maxLength: 64 })),
    metrics: t.Optional(
      t.Record(t.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }), t.Number(), {
        maxProperties: 64,
        ...strict,
        description: "Figures by name, in base units: cpu_load, memory_used_bytes.",
      }),
    ),
  },
  strict,
);

const resultFields = {
  claimToken,
  outcome: t.Union([t.Literal("succeeded"), t.Literal("failed"), t.Literal("refused")]),
  message: t.Optional(t.String({ maxLength: 2000 })),
  output: t.Optional(t.Unknown({ description: "Whatever the command gives, at most 1 MiB with the rest." })),
};

export const resultBody = t.Object(resultFields, strict);

/** A frame has no path that could name the command. */
export const resultFrameBody = t.Object(
  { commandId: t.String({ pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" }), ...resultFields },
  strict,
);
