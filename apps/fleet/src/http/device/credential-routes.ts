import { type AnyElysia, t } from "elysia";
import { authenticateDevice } from "../../devices/authenticate-device.ts";
import { registerDevice } from "../../devices/register-device.ts";
import { replaceSecret } from "../../devices/replace-secret.ts";
import type { Fleet } from "../../fleet.ts";
import { readAddress } from "../caller.ts";
import { describedForDevices, deviceRoutes } from "../route-group.ts";
import { answers, givenId, strict } from "../schemas.ts";
import { callingDevice } from "./calling-device.ts";

const secretShownOnce = t.String({ description: "Shown only once." });

/** A device's credentials: from activation code to id and secret, from these to a token. */
export function createCredentialRoutes(fleet: Fleet): AnyElysia {
  return deviceRoutes("device-credentials")
    .post(
      "/register",
      ({ body, request }) => registerDevice(fleet, body.activationCode, readAddress(request)),
      {
        body: t.Object({ activationCode: t.String({ minLength: 8, maxLength: 32 }) }, strict),
        response: answers(
          t.Object({ deviceId: t.String({ format: "uuid" }), secret: secretShownOnce }),
          401,
          422,
          429,
        ),
        detail: describedForDevices(
          "registerDevice",
          "Exchange an activation code for a device id and secret",
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
            expiresAt: t.String({ description: "Extended whenever the token is used." }),
          }),
          401,
          403,
          422,
          429,
        ),
        detail: describedForDevices(
          "authenticateDevice",
          "Exchange device id and secret for a token",
          "anybody",
        ),
      },
    )
    .post("/rotate", async ({ request }) => replaceSecret(fleet, await callingDevice(fleet, request)), {
      response: answers(t.Object({ secret: secretShownOnce }), 401, 403),
      detail: describedForDevices(
        "replaceSecret",
        "Get a new secret; the current one stays valid until the new one is first used",
      ),
    });
}
