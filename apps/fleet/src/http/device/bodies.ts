import { type Static, t } from "elysia";
import type { ClaimOptions } from "../../commands/claim-commands.ts";
import { givenId, integer, reportedState, strict } from "../schemas.ts";

/** Bodies that devices send, in a request or in a frame over their socket. */

const claimToken = t.String({ minLength: 1, maxLength: 100 });

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

const hour = 3_600_000;
export const visibilityDefaultMs = 30_000;
const visibility = t.Optional(
  integer({
    minimum: 1000,
    maximum: 12 * hour,
    default: visibilityDefaultMs,
    description: "How long the claim lasts from now on; never past the command's deadline.",
  }),
);

const claimFields = (maximum: number) =>
  t.Object(
    { max: t.Optional(integer({ minimum: 1, maximum, default: 1 })), visibilityMs: visibility },
    strict,
  );

export const claimBody = claimFields(100);

/** Three commands of the maximum size fit the hub's queue for one socket (1 MiB). */
export const claimFrameBody = claimFields(3);

export const extendBody = t.Object({ claimToken, visibilityMs: visibility }, strict);

/** What a device may request, and the defaults. */
export function claimAsked(
  deviceId: string,
  { max = 1, visibilityMs = visibilityDefaultMs }: Static<typeof claimBody>,
): ClaimOptions {
  return { deviceId, max, visibilityMs };
}

const resultFields = {
  claimToken,
  outcome: t.Union([t.Literal("succeeded"), t.Literal("failed"), t.Literal("refused")]),
  message: t.Optional(t.String({ maxLength: 2000 })),
  output: t.Optional(t.Unknown({ description: "Whatever the command gives, at most 1 MiB with the rest." })),
};

export const resultBody = t.Object(resultFields, strict);

/** A frame has no path to carry the command's id. */
export const resultFrameBody = t.Object({ commandId: givenId(), ...resultFields }, strict);
