import { type AnyElysia, t } from "elysia";
import { claimCommands } from "../../commands/claim-commands.ts";
import { waitingCommands } from "../../commands/waiting-commands.ts";
import type { Fleet } from "../../fleet.ts";
import { describedForDevices, deviceRoutes } from "../route-group.ts";
import { answers, claimedCommand, integer } from "../schemas.ts";
import { claimAsked, claimBody } from "./bodies.ts";
import { callingDevice } from "./calling-device.ts";

const waitingQuery = t.Object({
  max: t.Optional(t.Integer({ minimum: 1, maximum: 100, default: 10 })),
  wait: t.Optional(
    t.Integer({
      minimum: 0,
      maximum: 30,
      default: 0,
      description: "Seconds to wait for the first command.",
    }),
  ),
});

const waitingCommand = t.Object({
  id: t.String({ format: "uuid" }),
  kind: t.String(),
  version: integer(),
  priority: integer(),
  deadlineAt: t.String({ format: "date-time" }),
});

/** How a device gets its commands: it waits for them and claims them. */
export function createCommandRoutes(fleet: Fleet): AnyElysia {
  return deviceRoutes("device-commands")
    .get(
      "/commands",
      async ({ query, request }) => ({
        commands: await waitingCommands(fleet, {
          deviceId: await callingDevice(fleet, request),
          max: query.max ?? 10,
          waitMs: (query.wait ?? 0) * 1000,
          signal: request.signal,
        }),
      }),
      {
        query: waitingQuery,
        response: answers(t.Object({ commands: t.Array(waitingCommand) }), 401, 403, 422),
        detail: describedForDevices(
          "waitForCommands",
          "List the commands that can be claimed now, without claiming them",
        ),
      },
    )
    .post(
      "/commands/claim",
      async ({ body, request }) => ({
        commands: await claimCommands(fleet, claimAsked(await callingDevice(fleet, request), body)),
      }),
      {
        body: claimBody,
        response: answers(t.Object({ commands: t.Array(claimedCommand) }), 401, 403, 422),
        detail: describedForDevices(
          "claimCommands",
          "Claim commands; they are hidden from others until their result or the visibility timeout",
        ),
      },
    );
}
