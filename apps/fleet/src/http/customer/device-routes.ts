import { type AnyElysia, type Static, t } from "elysia";
import { readDeviceHistory } from "../../audit/read-audit.ts";
import { findDevice, listDevices } from "../../devices/find-devices.ts";
import { readDeviceStatus } from "../../devices/read-device-status.ts";
import type { Fleet } from "../../fleet.ts";
import { readMetrics } from "../../heartbeats/read-metrics.ts";
import { type Customer, readCustomer } from "../caller.ts";
import { limit, limitDefault, next, nextOf } from "../pages.ts";
import { customerRoutes, describedForCustomers } from "../route-group.ts";
import {
  answers,
  device,
  deviceKind,
  deviceState,
  deviceStatus,
  givenId,
  historyEntry,
  idParameters,
} from "../schemas.ts";

const hour = 3_600_000;

const deviceQuery = t.Object({
  status: t.Optional(deviceState),
  kind: t.Optional(deviceKind),
  online: t.Optional(t.Boolean()),
  search: t.Optional(
    t.String({ maxLength: 100, pattern: "^[^\\u0000]*$", description: "Part of the name." }),
  ),
  after: t.Optional(givenId("`next` of the previous page.")),
  limit,
});

const metricsQuery = t.Object({
  metric: t.Optional(t.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" })),
  since: t.Optional(t.String({ format: "date-time", description: "An hour before `until` by default." })),
  until: t.Optional(t.String({ format: "date-time", description: "Now by default." })),
  points: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 60 })),
});

const metrics = t.Object({
  stepMs: t.Number(),
  series: t.Array(
    t.Object({
      metric: t.String(),
      points: t.Array(t.Object({ at: t.String(), average: t.Number(), min: t.Number(), max: t.Number() })),
    }),
  ),
});

/** What a customer can read about their devices. */
export function createCustomerDeviceRoutes(fleet: Fleet): AnyElysia {
  const { sql } = fleet;
  return customerRoutes("customer-devices")
    .get("/devices", ({ query, request }) => devicePage(fleet, readCustomer(request), query), {
      query: deviceQuery,
      response: answers(t.Object({ devices: t.Array(device), next }), 401, 403, 422),
      detail: describedForCustomers("listDevices", "List the customer's devices, one page at a time"),
    })
    .get(
      "/devices/:id",
      ({ params, request }) => findDevice(sql, readCustomer(request).customerId, params.id),
      {
        params: idParameters,
        response: answers(device, 401, 403, 404, 422),
        detail: describedForCustomers("getDevice", "Get one device"),
      },
    )
    .get(
      "/devices/:id/status",
      ({ params, request }) => readDeviceStatus(fleet, readCustomer(request), params.id),
      {
        params: idParameters,
        response: answers(deviceStatus, 401, 403, 404, 422),
        detail: describedForCustomers("getDeviceStatus", "Get a device's current status"),
      },
    )
    .get(
      "/devices/:id/history",
      async ({ params, request }) => {
        await findDevice(sql, readCustomer(request).customerId, params.id);
        return { history: [...(await readDeviceHistory(sql, params.id))] };
      },
      {
        params: idParameters,
        response: answers(t.Object({ history: t.Array(historyEntry) }), 401, 403, 404, 422),
        detail: describedForCustomers("getDeviceHistory", "List what happened to a device, newest first"),
      },
    )
    .get(
      "/devices/:id/metrics",
      async ({ params, query, request }) => {
        await findDevice(sql, readCustomer(request).customerId, params.id);
        return await deviceMetrics(fleet, params.id, query);
      },
      {
        params: idParameters,
        query: metricsQuery,
        response: answers(metrics, 401, 403, 404, 422),
        detail: describedForCustomers(
          "getDeviceMetrics",
          "Get the metrics that a device reported over time; they are kept for 90 days",
        ),
      },
    );
}

async function devicePage({ sql }: Fleet, { customerId }: Customer, query: Static<typeof deviceQuery>) {
  const { status = null, kind = null, online = null, search = null, after = null } = query;
  const { limit = limitDefault } = query;
  const devices = await listDevices(sql, customerId, { status, kind, online, search, after, limit });
  return { devices: [...devices], next: nextOf(devices, limit) };
}

function deviceMetrics({ clickhouse, now }: Fleet, deviceId: string, query: Static<typeof metricsQuery>) {
  const { metric = null, since, until, points = 60 } = query;
  const untilMs = until === undefined ? now() : Date.parse(until);
  const sinceMs = since === undefined ? untilMs - hour : Date.parse(since);
  return readMetrics(clickhouse, { deviceId, metric, sinceMs, untilMs, points });
}
