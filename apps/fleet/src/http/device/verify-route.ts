import { CartwayError } from "@libs/errors";
import { type DirectRoute, parseJson, readBody } from "@libs/elysia-server";
import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { verifyToken } from "../../devices/verify-token.ts";
import type { Fleet } from "../../fleet.ts";
import { strict } from "../schemas.ts";

const question = TypeCompiler.Compile(
  Type.Object({ token: Type.String({ minLength: 1, maxLength: 16_384 }) }, strict),
);
const bodyBytesMax = 65_536;

/**
 * Verifies a device's token for the gateway, before nearly every call of a device. No gateway route leads here: it is
 * reachable only within the service's own network.
 */
export function createVerifyRoute(fleet: Fleet): DirectRoute {
  return {
    method: "POST",
    path: "/internal/device-sessions/verify",
    async handle(request) {
      const body = parseJson(await readBody(request, bodyBytesMax));
      if (!question.Check(body)) throw new CartwayError("validation_failed");
      return Response.json({ session: await verifyToken(fleet, body.token) });
    },
  };
}
