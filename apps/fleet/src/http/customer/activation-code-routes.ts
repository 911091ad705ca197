import { type AnyElysia, t } from "elysia";
import { deviceNameCharsMax, expandWanted, provisionedAtOnceMax } from "../../devices/expand-wanted.ts";
import { type ProvisionedDevice, provisionDevices } from "../../devices/provision-device.ts";
import type { Fleet } from "../../fleet.ts";
import { activationCodesCsv } from "./activation-codes-csv.ts";
import { readCustomer } from "../caller.ts";
import { customerRoutes, describedForCustomers } from "../route-group.ts";
import { answers, deviceKind, deviceWithCode, integer, strict } from "../schemas.ts";

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
        description:
          "How many devices to create, named `Cart 1`, `Cart 2` and so on. Without it one device with just the name.",
      }),
    ),
  },
  strict,
);
const csv = { "text/csv": { schema: { type: "string" as const } } };

/** Creates devices and their codes. A code appears only in this answer, which no cache stores. */
export function createActivationCodeRoutes(fleet: Fleet): AnyElysia {
  return customerRoutes("activation-codes")
    .onAfterHandle(({ set }) => {
      set.headers["cache-control"] = "no-store";
    })
    .post("/devices/provision", ({ body, request }) => provisionOne(fleet, request, body), {
      body: t.Object({ name, kind }, strict),
      response: answers(deviceWithCode, 401, 403, 422),
      detail: describedForCustomers(
        "provisionDevice",
        "Create a device and the activation code for its agent",
      ),
    })
    .post("/devices/activation-codes", ({ body, request }) => provisionMany(fleet, request, body.devices), {
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
          { description: "In the order of the request", "x-also-as": csv },
        ),
        401,
        403,
        422,
      ),
      detail: describedForCustomers(
        "provisionDevices",
        "Create several devices with their activation codes, all or none; as CSV with `Accept: text/csv`",
      ),
    });
}

async function provisionOne(
  fleet: Fleet,
  request: Request,
  { name, kind = "kiosk" }: Parameters<typeof expandWanted>[0][number],
): Promise<ProvisionedDevice> {
  const [device] = await provisionDevices(fleet, readCustomer(request), [{ name, kind }]);
  if (device === undefined) throw new Error("the store returned no row for the new device");
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
