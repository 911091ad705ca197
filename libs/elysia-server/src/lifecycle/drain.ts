import type { Logger } from "@libs/monitoring";
import type { Listener } from "../listeners/listener.ts";
import type { SocketRegistry } from "./socket-registry.ts";
import { within } from "./within.ts";

export interface DrainOptions {
  /** How long to keep accepting after `/readyz` fails, so that load balancers notice first; 0 by default. */
  readonly noticeMs: number;
  /** How long requests, streams and WebSockets may take to finish after that; 25 s by default. */
  readonly deadlineMs: number;
  /** The close code for WebSockets: one that tells clients to reconnect elsewhere. */
  readonly closeCode: number;
  readonly closeReason: string;
}

export const drainDefaults: DrainOptions = {
  noticeMs: 0,
  deadlineMs: 25_000,
  closeCode: 3001,
  closeReason: "shutdown",
};

/**
 * Stops a listener without losing requests in progress: idle connections close at once, new ones are refused, WebSockets are asked to
 * reconnect elsewhere, and whatever is left at the deadline is terminated.
 */
export async function drainListener(
  listener: Listener,
  sockets: SocketRegistry | null,
  options: DrainOptions,
  logger: Logger,
): Promise<void> {
  logger.info(listener.pending, "draining");
  // resolves when the last connection has ended, WebSockets included
  const ended = listener.stop();
  const giveUpAt = performance.now() + options.deadlineMs;
  if (sockets !== null) {
    await within(sockets.sendAway(), options.deadlineMs);
    sockets.closeAll(options.closeCode, options.closeReason);
  }
  if (await within(ended, Math.max(0, giveUpAt - performance.now()))) return;
  const cut = listener.pending;
  logger.warn(
    { ...cut, deadlineMs: options.deadlineMs },
    "the drain deadline has passed: closing what is left",
  );
  await listener.cut();
}
