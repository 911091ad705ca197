import type { Logger } from "@libs/monitoring";
import type { App } from "../app.ts";
import { ListenError } from "../listeners/listen-error.ts";
import { onStopSignal } from "./on-stop-signal.ts";
import { startFailure, ReportedFailure } from "./start-failure.ts";
import { within } from "./within.ts";

export interface RunOptions {
  readonly logger: Logger;
  /** Closes, after the app has stopped, what `main.ts` opened (stores, tracer), in order. A failing one does not prevent the next. */
  readonly close?: readonly (() => Promise<unknown>)[];
  /**
   * Stops the app as the first signal does; an app that was to run after it aborted is not started. Never counts as the second signal,
   * which would end the process at once.
   */
  readonly ended?: AbortSignal;
}

type Running = Pick<App, "name" | "start" | "stop">;

/** How long to wait for the log's reader, which may have stalled, before exiting. */
const lastLinesMs = 2000;

/**
 * The end of every `main.ts`: starts the app, and ends the process. The first SIGTERM or SIGINT drains and exits with 0 (1 where
 * something could not be closed); a later one exits at once with 128 plus its number. A failed start and an uncaught error are logged
 * and exit with 1 (a `ReportedFailure` exits with its own code, unlogged).
 */
export async function runUntilSignal(app: Running, { logger, close = [], ended }: RunOptions): Promise<void> {
  let ending = false;

  async function end(code: number): Promise<void> {
    ending = true;
    let failed = false;
    for (const step of [() => app.stop(), ...close]) {
      try {
        await step();
      } catch (error) {
        failed = true;
        logger.error({ err: error }, "something could not be closed");
      }
    }
    await within(logger.flush(), lastLinesMs);
    process.exit(failed ? 1 : code);
  }

  async function endWell(reason: { readonly signal?: string }): Promise<void> {
    if (ending) return;
    logger.info(reason, "stopping");
    await end(0);
  }

  onStopSignal((signal) => void endWell({ signal }));
  ended?.addEventListener("abort", () => void endWell({}));
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error }, "uncaught error");
      if (!ending) void end(1);
    });
  }
  if (ended?.aborted === true) return await endWell({});
  try {
    await app.start();
  } catch (error) {
    if (error instanceof ReportedFailure) return await end(error.exitCode);
    const fields = error instanceof ListenError ? {} : { err: error };
    logger.fatal(fields, `${app.name} cannot start: ${startFailure(error)}`);
    await end(1);
  }
}
