import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { type AnyElysia, Elysia, t } from "elysia";
import { findDevice, listDevices } from "../devices/find-devices.ts";
import { provisionDevice } from "../devices/provision-device.ts";
import { registerDevice } from "../devices/register-device.ts";

export interface FleetRoutesParts {
  readonly sql: Sql;
  readonly now: () => number;
  readonly codeLifeMs: number;
}

/** The customer that the gateway has made sure of. */
function customerOf(request: Request): string {
  const customerId = request.headers.get("x-customer-id");
  if (customerId === null || customerId === "") throw new CartwayError("unauthenticated");
  return customerId;
}

export function createFleetRoutes({ sql, now, codeLifeMs }: FleetRoutesParts): AnyElysia {
  return new Elysia({ name: "fleet/devices" })
    .post(
      "/api/v1/customer/devices/provision",
      ({ body, request }) =>
        provisionDevice(sql, {
          customerId: customerOf(request),
          name: body.name,
          now: new Date(now()),
          codeLifeMs,
        }),
      {
        body: t.Object({ name: t.String({ minLength: 1, maxLength: 100 }) }, { additionalProperties: false }),
        detail: { summary: "A new device and the code that its agent registers with", tags: ["customer"] },
      },
    )
    .get(
      "/api/v1/customer/devices",
      async ({ request }) => ({ devices: await listDevices(sql, customerOf(request)) }),
      {
        detail: { summary: "The customer's devices", tags: ["customer"] },
      },
    )
    .get(
      "/api/v1/customer/devices/:id",
      async ({ params, request }) => {
        const device = await findDevice(sql, customerOf(request), params.id);
        if (device === null) throw new CartwayError("not_found", { message: "There is no such device." });
        return device;
      },
      {
        params: t.Object({ id: t.String({ format: "uuid" }) }),
        detail: { summary: "One device", tags: ["customer"] },
      },
    )
    .post(
      "/api/v1/device/register",
      ({ body }) => registerDevice(sql, body.activationCode, new Date(now())),
      {
        body: t.Object(
          { activationCode: t.String({ minLength: 8, maxLength: 16 }) },
          { additionalProperties: false },
        ),
        detail: { summary: "Trades an activation code for a device id and its secret", tags: ["device"] },
      },
    );
}
