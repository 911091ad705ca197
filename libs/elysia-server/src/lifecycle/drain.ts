import type { Logger } from "@libs/monitoring";
import type { Listener } from "../listeners/listener.ts";
import type { SocketRegistry } from "./socket-registry.ts";
import { within } from "./within.ts";

export interface DrainOptions {
  /** How long to go on accepting after `/readyz` says no, so that load balancers notice first; 0 by default. */
  readonly noticeMs: number;
  /** How long requests, streams and WebSockets may take to end, from the end of the notice; 25 s by default. */
  readonly deadlineMs: number;
  /** What WebSockets are closed with: the code that tells a client to connect again, elsewhere. */
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
 * Ends a listener without losing what is in flight: idle connections close at once and new ones are refused, WebSockets are
 * told to go elsewhere, the rest may finish, and what is left at the deadline is cut.
 */
export async function drainListener(
  listener: Listener,
  sockets: SocketRegistry | null,
  options: DrainOptions,
  logger: Logger,
): Promise<void> {
  logger.info(listener.pending, "draining");
  // Resolves when the last connection has ended, WebSockets among them.
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
    "the drain deadline has passed: cutting what is left",
  );
  await listener.cut();
}
