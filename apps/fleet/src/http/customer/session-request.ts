import { type Static, t } from "elysia";
import type { SessionRequest } from "../../sessions/draft-session.ts";
import { givenId, integer, strict } from "../schemas.ts";

const day = 86_400_000;

/** Defaults of a command in a session. */
const commandDefaults = {
  version: 1,
  parameters: {},
  priority: 5,
  attemptsMax: 5,
  deadlineMs: day,
} as const;

const requestedCommand = t.Object(
  {
    kind: t.String({ maxLength: 64, description: "One of GET /api/v1/customer/command-kinds." }),
    version: t.Optional(integer({ minimum: 1, maximum: 1000, default: commandDefaults.version })),
    parameters: t.Optional(t.Unknown({ description: "They match the kind's schema; {} by default." })),
    priority: t.Optional(
      integer({
        minimum: 0,
        maximum: 9,
        default: commandDefaults.priority,
        description: "Higher priorities come first.",
      }),
    ),
    attemptsMax: t.Optional(integer({ minimum: 1, maximum: 20, default: commandDefaults.attemptsMax })),
    deadlineMs: t.Optional(
      integer({
        minimum: 1000,
        maximum: 7 * day,
        default: commandDefaults.deadlineMs,
        description: "Counted from now, including the wait for an approval.",
      }),
    ),
  },
  { ...strict, title: "RequestedCommand" },
);

export const sessionRequest = t.Object(
  {
    deviceId: givenId(),
    reason: t.String({ minLength: 1, maxLength: 500 }),
    fourEyes: t.Optional(
      t.Boolean({ default: false, description: "Approver and requester must be two people." }),
    ),
    commands: t.Array(requestedCommand, { minItems: 1, maxItems: 50 }),
  },
  strict,
);

/** The request with every default filled in. */
export function withDefaults(request: Static<typeof sessionRequest>): SessionRequest {
  const commands = request.commands.map((command) => ({ ...commandDefaults, ...command }));
  return { ...request, commands, fourEyes: request.fourEyes ?? false };
}
