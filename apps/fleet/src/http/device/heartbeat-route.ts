import { type AnyElysia, t } from "elysia";
import type { Fleet } from "../../fleet.ts";
import { recordHeartbeat } from "../../heartbeats/record-heartbeat.ts";
import { describedForDevices, deviceRoutes } from "../route-group.ts";
import { answers } from "../schemas.ts";
import { heartbeatBody } from "./bodies.ts";
import { callingDevice } from "./calling-device.ts";

export function createHeartbeatRoute(fleet: Fleet): AnyElysia {
  return deviceRoutes("device-heartbeat").post(
    "/heartbeat",
    async ({ body, request }) =>
      recordHeartbeat(fleet, {
        deviceId: await callingDevice(fleet, request),
        reported: { status: body.status, agentVersion: body.agentVersion ?? null },
        metrics: body.metrics ?? {},
      }),
    {
      body: heartbeatBody,
      response: answers(t.Object({ serverTime: t.String({ format: "date-time" }) }), 401, 403, 422),
      detail: describedForDevices("sendHeartbeat", "Report the device's status and metrics"),
    },
  );
}
