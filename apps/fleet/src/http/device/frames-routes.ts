import type { DirectRoute } from "@libs/elysia-server";
import { claimCommands } from "../../commands/claim-commands.ts";
import { reportResult } from "../../commands/report-result.ts";
import type { Fleet } from "../../fleet.ts";
import { recordHeartbeat } from "../../heartbeats/record-heartbeat.ts";
import { claimAsked, claimFrameBody, heartbeatBody, resultFrameBody } from "./bodies.ts";
import { createFramesRoute } from "./frames-route.ts";

/** The most frequent device calls, sent over sockets: the same as the requests of the same name, batched over many devices. */
export function createDeviceFramesRoutes(fleet: Fleet): readonly DirectRoute[] {
  const { logger, statuses } = fleet;
  return [
    createFramesRoute({
      path: "/internal/device-frames/heartbeats",
      body: heartbeatBody,
      logger,
      async take(holder, { status, agentVersion = null, metrics = {} }) {
        const { deviceId } = await statuses.requireHolder(holder);
        await recordHeartbeat(fleet, { deviceId, reported: { status, agentVersion }, metrics });
        return { repeated: false };
      },
    }),
    createFramesRoute({
      path: "/internal/device-frames/claims",
      body: claimFrameBody,
      logger,
      isReplied: true,
      async take(holder, asked) {
        const { deviceId } = await statuses.requireHolder(holder);
        const commands = await claimCommands(fleet, claimAsked(deviceId, asked));
        return { repeated: false, reply: { commands } };
      },
    }),
    createFramesRoute({
      path: "/internal/device-frames/results",
      body: resultFrameBody,
      logger,
      async take(holder, { commandId, claimToken, outcome, message = null, output = null }) {
        const { deviceId } = await statuses.requireHolder(holder);
        const result = { outcome, message, output };
        return await reportResult(fleet, { deviceId, commandId, claimToken, result });
      },
    }),
  ];
}
