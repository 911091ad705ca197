import { type AnyElysia, Elysia, t } from "elysia";
import { readDeviceHistory } from "../audit/read-audit.ts";
import { type ChangedDevice, changeDevice } from "../devices/change-device.ts";
import { findDevice, listDevices } from "../devices/find-devices.ts";
import type { Fleet } from "../fleet.ts";
import { readMetrics } from "../heartbeats/read-metrics.ts";
import { readDeviceStatus } from "../devices/read-device-status.ts";
import { readCustomer } from "./caller.ts";
import { requireStorable } from "./check-text.ts";
import { describedFor } from "./described.ts";
import { limit, limitDefault, next, nextOf } from "./pages.ts";
import {
  answers,
  device,
  deviceKind,
  deviceState,
  deviceStatus,
  deviceWithCode,
  givenId,
  historyEntry,
  idParameters,
  strict,
} from "./schemas.ts";

const hour = 3_600_000;
const reason = t.Optional(t.String({ maxLength: 500, description: "For the audit trail." }));
const change = { params: idParameters, body: t.Optional(t.Object({ reason }, strict)) };
const changing = { ...change, response: answers(t.Object({ device }), 401, 403, 404, 409, 422) };
const described = describedFor("customer");

/** Routes for customers' own devices. Another customer's device is answered as not found. */
export function createCustomerDeviceRoutes(fleet: Fleet): AnyElysia {
  const { sql } = fleet;
  return new Elysia({ name: "fleet/customer-devices", prefix: "/api/v1/customer/devices" })
    .onBeforeHandle(({ body }) => requireStorable(body))
    .get(
      "",
      async ({ query, request }) => {
        const {
          status = null,
          kind = null,
          online = null,
          search = null,
          after = null,
          limit = limitDefault,
        } = query;
        const filter = { status, kind, online, search, after, limit };
        const devices = await listDevices(sql, readCustomer(request).customerId, filter);
        return { devices: [...devices], next: nextOf(devices, limit) };
      },
      {
        query: t.Object({
          status: t.Optional(deviceState),
          kind: t.Optional(deviceKind),
          online: t.Optional(t.Boolean()),
          search: t.Optional(
            t.String({ maxLength: 100, pattern: "^[^\\u0000]*$", description: "Part of the name." }),
          ),
          after: t.Optional(givenId("`next` of the page before.")),
          limit,
        }),
        response: answers(t.Object({ devices: t.Array(device), next }), 401, 403, 422),
        detail: described("listDevices", "The customer's devices, a page at a time"),
      },
    )
    .get("/:id", ({ params, request }) => findDevice(sql, readCustomer(request).customerId, params.id), {
      params: idParameters,
      response: answers(device, 401, 403, 404, 422),
      detail: described("getDevice", "One device"),
    })
    .get("/:id/status", ({ params, request }) => readDeviceStatus(fleet, readCustomer(request), params.id), {
      params: idParameters,
      response: answers(deviceStatus, 401, 403, 404, 422),
      detail: described("getDeviceStatus", "How a device is at this moment"),
    })
    .get(
      "/:id/history",
      async ({ params, request }) => {
        await findDevice(sql, readCustomer(request).customerId, params.id);
        return { history: [...(await readDeviceHistory(sql, params.id))] };
      },
      {
        params: idParameters,
        response: answers(t.Object({ history: t.Array(historyEntry) }), 401, 403, 404, 422),
        detail: described("getDeviceHistory", "What happened to a device, the newest first"),
      },
    )
    .get(
      "/:id/metrics",
      async ({ params, query, request }) => {
        await findDevice(sql, readCustomer(request).customerId, params.id);
        const untilMs = query.until === undefined ? fleet.now() : Date.parse(query.until);
        const sinceMs = query.since === undefined ? untilMs - hour : Date.parse(query.since);
        const { metric = null, points = 60 } = query;
        return await readMetrics(fleet.clickhouse, { deviceId: params.id, metric, sinceMs, untilMs, points });
      },
      {
        params: idParameters,
        query: t.Object({
          metric: t.Optional(t.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" })),
          since: t.Optional(
            t.String({ format: "date-time", description: "An hour before `until` by default." }),
          ),
          until: t.Optional(t.String({ format: "date-time", description: "Now by default." })),
          points: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 60 })),
        }),
        response: answers(
          t.Object({
            stepMs: t.Number(),
            series: t.Array(
              t.Object({
                metric: t.String(),
                points: t.Array(
                  t.Object({ at: t.String(), average: t.Number(), min: t.Number(), max: t.Number() }),
                ),
              }),
            ),
          }),
          401,
          403,
          404,
          422,
        ),
        detail: described("getDeviceMetrics", "What a device reported of itself over time; kept for 90 days"),
      },
    )
    .post("/:id/suspend", ({ params, body, request }) => act(fleet, request, [params.id, "suspend", body]), {
      ...changing,
      detail: described("suspendDevice", "Refuses a device from now on, its open socket too"),
    })
    .post("/:id/resume", ({ params, body, request }) => act(fleet, request, [params.id, "resume", body]), {
      ...changing,
      detail: described("resumeDevice", "Lets a suspended device in again"),
    })
    .post("/:id/retire", ({ params, body, request }) => act(fleet, request, [params.id, "retire", body]), {
      ...changing,
      detail: described("retireDevice", "Ends a device for good, and what was asked of it"),
    })
    .post("/:id/rotate", ({ params, body, request }) => rotate(fleet, request, [params.id, "rotate", body]), {
      ...change,
      response: answers(deviceWithCode, 401, 403, 404, 409, 422),
      detail: described(
        "rotateDevice",
        "Takes secret and tokens back; the agent registers again with the code",
      ),
    });
}

type Act = readonly [
  deviceId: string,
  event: "suspend" | "resume" | "retire" | "rotate",
  body: { readonly reason?: string } | null | undefined,
];

function apply(fleet: Fleet, request: Request, [deviceId, event, body]: Act): Promise<ChangedDevice> {
  return changeDevice(fleet, readCustomer(request), { deviceId, event, reason: body?.reason ?? "" });
}

async function act(fleet: Fleet, request: Request, asked: Act) {
  const { device } = await apply(fleet, request, asked);
  return { device };
}

async function rotate(fleet: Fleet, request: Request, asked: Act) {
  const { device, activationCode, expiresAt } = await apply(fleet, request, asked);
  return { device, activationCode: activationCode ?? "", expiresAt: expiresAt ?? "" };
}
