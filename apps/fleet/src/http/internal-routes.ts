import { type AnyElysia, Elysia, t } from "elysia";
import { verifyToken } from "../devices/verify-token.ts";
import type { Fleet } from "../fleet.ts";
import { strict } from "./schemas.ts";

/** What the gateway asks. No route of it leads here: the service's own network alone does. */
export function createInternalRoutes(fleet: Fleet): AnyElysia {
  return new Elysia({ name: "fleet/internal" }).post(
    "/internal/device-sessions/verify",
    async ({ body }) => ({ session: await verifyToken(fleet, body.token) }),
    {
      body: t.Object({ token: t.String({ minLength: 1, maxLength: 16_384 }) }, strict),
      detail: { hide: true },
    },
  );
}
