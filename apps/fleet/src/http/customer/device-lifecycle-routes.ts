import { type AnyElysia, t } from "elysia";
import { type ChangedDevice, changeDevice, type DeviceChange } from "../../devices/change-device.ts";
import type { Fleet } from "../../fleet.ts";
import { readCustomer } from "../caller.ts";
import { customerRoutes, describedForCustomers } from "../route-group.ts";
import { answers, device, deviceWithCode, idParameters, strict } from "../schemas.ts";

const reason = t.Optional(t.String({ maxLength: 500, description: "For the audit trail." }));
const changeInput = { params: idParameters, body: t.Optional(t.Object({ reason }, strict)) };
const changing = { ...changeInput, response: answers(t.Object({ device }), 401, 403, 404, 409, 422) };

/** Changes of a device's state that a customer can ask for. */
export function createDeviceLifecycleRoutes(fleet: Fleet): AnyElysia {
  return customerRoutes("device-lifecycle")
    .post(
      "/devices/:id/suspend",
      ({ params, body, request }) => act(fleet, request, { ...body, deviceId: params.id, event: "suspend" }),
      {
        ...changing,
        detail: describedForCustomers("suspendDevice", "Suspend a device and close its open socket"),
      },
    )
    .post(
      "/devices/:id/resume",
      ({ params, body, request }) => act(fleet, request, { ...body, deviceId: params.id, event: "resume" }),
      { ...changing, detail: describedForCustomers("resumeDevice", "Readmit a suspended device") },
    )
    .post(
      "/devices/:id/retire",
      ({ params, body, request }) => act(fleet, request, { ...body, deviceId: params.id, event: "retire" }),
      {
        ...changing,
        detail: describedForCustomers("retireDevice", "Retire a device for good and cancel its commands"),
      },
    )
    .post(
      "/devices/:id/rotate",
      ({ params, body, request }) => rotate(fleet, request, { ...body, deviceId: params.id }),
      {
        ...changeInput,
        response: answers(deviceWithCode, 401, 403, 404, 409, 422),
        detail: describedForCustomers(
          "rotateDevice",
          "Revoke a device's secret and tokens; its agent registers again with the new activation code",
        ),
      },
    );
}

type Asked = Omit<DeviceChange, "reason"> & { readonly reason?: string };

async function act(fleet: Fleet, request: Request, asked: Asked) {
  const { device } = await apply(fleet, request, asked);
  return { device };
}

async function rotate(fleet: Fleet, request: Request, asked: Omit<Asked, "event">) {
  const change = { ...asked, event: "rotate" } as const;
  const { device, activationCode, expiresAt } = await apply(fleet, request, change);
  return { device, activationCode: activationCode ?? "", expiresAt: expiresAt ?? "" };
}

function apply(fleet: Fleet, request: Request, asked: Asked): Promise<ChangedDevice> {
  return changeDevice(fleet, readCustomer(request), { reason: "", ...asked });
}
