import { type AnyElysia, Elysia, t } from "elysia";
import { claimCommands } from "../commands/claim-commands.ts";
import { extendClaim } from "../commands/extend-claim.ts";
import { reportResult } from "../commands/report-result.ts";
import { waitingCommands } from "../commands/waiting-commands.ts";
import { authenticateDevice } from "../devices/authenticate-device.ts";
import { registerDevice } from "../devices/register-device.ts";
import { replaceSecret } from "../devices/replace-secret.ts";
import type { Fleet } from "../fleet.ts";
import { recordHeartbeat } from "../heartbeats/record-heartbeat.ts";
import { readAddress, readDevice } from "./caller.ts";
import { requireStorable } from "./check-text.ts";
import { describedFor } from "./described.ts";
import {
  claimAsked,
  claimBody,
  extendBody,
  heartbeatBody,
  resultBody,
  visibilityDefaultMs,
} from "./device-bodies.ts";
import { answers, claimedCommand, commandState, givenId, idParameters, integer, strict } from "./schemas.ts";

const described = describedFor("device");

/** Routes that agents call. The gateway has verified the device's token on all but the first two. */
export function createDeviceRoutes(fleet: Fleet): AnyElysia {
  /** The calling device, by a token of its current registration. */
  const deviceOf = async (request: Request): Promise<string> =>
    (await fleet.statuses.requireHolder(readDevice(request))).deviceId;
  return new Elysia({ name: "fleet/device", prefix: "/api/v1/device" })
    .onBeforeHandle(({ body }) => requireStorable(body))
    .post(
      "/register",
      ({ body, request }) => registerDevice(fleet, body.activationCode, readAddress(request)),
      {
        body: t.Object({ activationCode: t.String({ minLength: 8, maxLength: 32 }) }, strict),
        response: answers(
          t.Object({
            deviceId: t.String({ format: "uuid" }),
            secret: t.String({ description: "Shown this once." }),
          }),
          401,
          422,
          429,
        ),
        detail: described(
          "registerDevice",
          "Trades an activation code for a device id and its secret",
          "anybody",
        ),
      },
    )
    .post(
      "/auth",
      ({ body, request }) => authenticateDevice(fleet, { ...body, address: readAddress(request) }),
      {
        body: t.Object({ deviceId: givenId(), secret: t.String({ minLength: 1, maxLength: 100 }) }, strict),
        response: answers(
          t.Object({
            token: t.String(),
            expiresAt: t.String({ description: "Moves on as the token is used." }),
          }),
          401,
          403,
          422,
          429,
        ),
        detail: described("authenticateDevice", "Trades id and secret for a token", "anybody"),
      },
    )
    .post("/rotate", async ({ request }) => replaceSecret(fleet, await deviceOf(request)), {
      response: answers(t.Object({ secret: t.String({ description: "Shown this once." }) }), 401, 403),
      detail: described(
        "replaceSecret",
        "Another secret; the present one is good until the new one is first used",
      ),
    })
    .post(
      "/heartbeat",
      async ({ body, request }) =>
        recordHeartbeat(fleet, {
          deviceId: await deviceOf(request),
          reported: { status: body.status, agentVersion: body.agentVersion ?? null },
          metrics: body.metrics ?? {},
        }),
      {
        body: heartbeatBody,
        response: answers(t.Object({ serverTime: t.String({ format: "date-time" }) }), 401, 403, 422),
        detail: described("sendHeartbeat", "Says that the device lives, and how it is"),
      },
    )
    .get(
      "/commands",
      async ({ query, request }) => ({
        commands: await waitingCommands(fleet, {
          deviceId: await deviceOf(request),
          max: query.max ?? 10,
          waitMs: (query.wait ?? 0) * 1000,
          signal: request.signal,
        }),
      }),
      {
        query: t.Object({
          max: t.Optional(t.Integer({ minimum: 1, maximum: 100, default: 10 })),
          wait: t.Optional(
            t.Integer({
              minimum: 0,
              maximum: 30,
              default: 0,
              description: "Seconds to wait for the first one.",
            }),
          ),
        }),
        response: answers(
          t.Object({
            commands: t.Array(
              t.Object({
                id: t.String({ format: "uuid" }),
                kind: t.String(),
                version: integer(),
                priority: integer(),
                deadlineAt: t.String({ format: "date-time" }),
              }),
            ),
          }),
          401,
          403,
          422,
        ),
        detail: described("waitForCommands", "What could be claimed now; claims nothing"),
      },
    )
    .post(
      "/commands/claim",
      async ({ body, request }) => ({
        commands: await claimCommands(fleet, claimAsked(await deviceOf(request), body)),
      }),
      {
        body: claimBody,
        response: answers(t.Object({ commands: t.Array(claimedCommand) }), 401, 403, 422),
        detail: described(
          "claimCommands",
          "Takes commands, hidden from others until they are answered or the time is over",
        ),
      },
    )
    .post(
      "/commands/:id/extend",
      async ({ params, body, request }) =>
        extendClaim(fleet, {
          deviceId: await deviceOf(request),
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
        detail: described("extendClaim", "Keeps a claim for longer"),
      },
    )
    .post(
      "/commands/:id/result",
      async ({ params, body, request }) =>
        reportResult(fleet, {
          deviceId: await deviceOf(request),
          commandId: params.id,
          claimToken: body.claimToken,
          result: { outcome: body.outcome, message: body.message ?? null, output: body.output ?? null },
        }),
      {
        params: idParameters,
        body: resultBody,
        response: answers(t.Object({ status: commandState, repeated: t.Boolean() }), 401, 403, 404, 409, 422),
        detail: described("reportResult", "What came of a command; the same again is the same answer"),
      },
    );
}
