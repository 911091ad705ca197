import { type AnyElysia, t } from "elysia";
import { extendClaim } from "../../commands/extend-claim.ts";
import { reportResult } from "../../commands/report-result.ts";
import type { Fleet } from "../../fleet.ts";
import { describedForDevices, deviceRoutes } from "../route-group.ts";
import { answers, commandState, idParameters } from "../schemas.ts";
import { extendBody, resultBody, visibilityDefaultMs } from "./bodies.ts";
import { callingDevice } from "./calling-device.ts";

/** What the holder of a claim can do with its command. */
export function createClaimRoutes(fleet: Fleet): AnyElysia {
  return deviceRoutes("device-claims")
    .post(
      "/commands/:id/extend",
      async ({ params, body, request }) =>
        extendClaim(fleet, {
          deviceId: await callingDevice(fleet, request),
          commandId: params.id,
          claimToken: body.claimToken,
          visibilityMs: body.visibilityMs ?? visibilityDefaultMs,
        }),
      {
        params: idParameters,
        body: extendBody,
        response: answers(
          t.Object({ claimedUntil: t.String({ format: "date-time" }) }),
          401,
          403,
          404,
          409,
          422,
        ),
        detail: describedForDevices("extendClaim", "Extend a claim"),
      },
    )
    .post(
      "/commands/:id/result",
      async ({ params, body, request }) =>
        reportResult(fleet, {
          deviceId: await callingDevice(fleet, request),
          commandId: params.id,
          claimToken: body.claimToken,
          result: { outcome: body.outcome, message: body.message ?? null, output: body.output ?? null },
        }),
      {
        params: idParameters,
        body: resultBody,
        response: answers(t.Object({ status: commandState, repeated: t.Boolean() }), 401, 403, 404, 409, 422),
        detail: describedForDevices(
          "reportResult",
          "Report a command's result; reporting the same result again gives the same answer",
        ),
      },
    );
}
