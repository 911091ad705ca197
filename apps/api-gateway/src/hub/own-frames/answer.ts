import { toCartwayError } from "@libs/errors";
import type { Frame } from "@libs/messaging";
import type { Connection } from "../connections/connection.ts";
import { frameDone } from "../connections/flow-control.ts";
import type { HubContext } from "../hub-context.ts";

/** Runs a frame's asynchronous work: sends the ack when it completes, or the error if it throws. */
export function answerWhenDone(
  hub: HubContext,
  connection: Connection,
  frame: Frame,
  work: () => Promise<void>,
): void {
  const { id = null, type } = frame;
  if (connection.pending >= connection.slot.current.limits.pendingMax) {
    return hub.delivery.error(connection, { id, code: "overloaded", retryAfterMs: 250 });
  }
  connection.pending += 1;
  work()
    .then(
      () => {
        hub.metrics.framesReceived.with({ type, outcome: "accepted" }).inc();
        return hub.delivery.ack(connection, id);
      },
      (thrown: unknown) => {
        const { code, message, details, internal } = toCartwayError(thrown);
        hub.metrics.framesReceived.with({ type, outcome: "failed" }).inc();
        if (internal !== undefined) hub.warnings.warn("a frame of the hub failed", { type, code, internal });
        return hub.delivery.error(connection, {
          id,
          code,
          message,
          ...(details === undefined ? {} : { details }),
        });
      },
    )
    .finally(() => frameDone(connection, 0))
    .catch((error: unknown) => hub.logger.error({ err: error }, "a frame of the hub could not be answered"));
}
