import { type AnyElysia, Elysia, t } from "elysia";
import { deviceNameCharsMax, expandWanted, provisionedAtOnceMax } from "../devices/expand-wanted.ts";
import { type ProvisionedDevice, provisionDevices } from "../devices/provision-device.ts";
import type { Fleet } from "../fleet.ts";
import { activationCodesCsv } from "./activation-codes-csv.ts";
import { readCustomer } from "./caller.ts";
import { requireStorable } from "./check-text.ts";
import { describedFor } from "./described.ts";
import { answers, deviceKind, deviceWithCode, integer, strict } from "./schemas.ts";

const name = t.String({ minLength: 1, maxLength: deviceNameCharsMax });
const kind = t.Optional(deviceKind);
const wanted = t.Object(
  {
    name,
    kind,
    count: t.Optional(
      integer({
        minimum: 1,
        maximum: provisionedAtOnceMax,
        description: "So many, numbered: `Cart 1`, `Cart 2` and so on. One with just the name where absent.",
      }),
    ),
  },
  strict,
);
const described = describedFor("customer");
const csv = { "text/csv": { schema: { type: "string" as const } } };

/** Creates devices and their codes. A code appears only in this answer, which no cache stores. */
export function createActivationCodeRoutes(fleet: Fleet): AnyElysia {
  return new Elysia({ name: "fleet/activation-codes", prefix: "/api/v1/customer/devices" })
    .onBeforeHandle(({ body }) => requireStorable(body))
    .onAfterHandle(({ set }) => {
      set.headers["cache-control"] = "no-store";
    })
    .post("/provision", ({ body, request }) => provisionOne(fleet, request, body), {
      body: t.Object({ name, kind }, strict),
      response: answers(deviceWithCode, 401, 403, 422),
      detail: described("provisionDevice", "A new device and the code that its agent registers with"),
    })
    .post("/activation-codes", ({ body, request }) => provisionMany(fleet, request, body.devices), {
      body: t.Object(
        {
          devices: t.Array(wanted, {
            minItems: 1,
            maxItems: provisionedAtOnceMax,
            description: `${provisionedAtOnceMax} devices at most, counts included.`,
          }),
        },
        strict,
      ),
      response: answers(
        t.Object(
          { devices: t.Array(deviceWithCode) },
          { description: "In the order asked for", "x-also-as": csv },
        ),
        401,
        403,
        422,
      ),
      detail: described(
        "provisionDevices",
        "Many new devices with their codes, all or none; as CSV for printing where `Accept: text/csv`",
      ),
    });
}

async function provisionOne(
  fleet: Fleet,
  request: Request,
  { name, kind = "kiosk" }: Parameters<typeof expandWanted>[0][number],
): Promise<ProvisionedDevice> {
  const [device] = await provisionDevices(fleet, readCustomer(request), [{ name, kind }]);
  if (device === undefined) throw new Error("a device that was asked for was not made");
  return device;
}

async function provisionMany(fleet: Fleet, request: Request, asked: Parameters<typeof expandWanted>[0]) {
  const devices = await provisionDevices(fleet, readCustomer(request), expandWanted(asked));
  if (request.headers.get("accept")?.includes("text/csv") !== true) return { devices: [...devices] };
  return new Response(activationCodesCsv(devices), {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="activation-codes.csv"',
      "cache-control": "no-store",
    },
  });
}
