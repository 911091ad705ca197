import type { Logger } from "@libs/monitoring";
import type { App } from "../app.ts";
import { ListenError } from "../listeners/listen-error.ts";
import { startFailure, ToldFailure } from "./start-failure.ts";
import { within } from "./within.ts";

export interface RunOptions {
  readonly logger: Logger;
  /** After the app has stopped: close what `main.ts` opened (stores, tracer). In order; one that fails does not keep the others. */
  readonly close?: readonly (() => Promise<unknown>)[];
  /** Ends it as the first signal does, and never in haste: who asks for the end twice, or by a signal too, asks for one drain. */
  readonly ended?: AbortSignal;
}

/** For the last lines of the log, whose reader may have stalled. */
const lastLinesMs = 2000;

const signals = ["SIGTERM", "SIGINT"] as const;

/**
 * The last line of a `main.ts`: starts the app and ends the process. The first SIGTERM or SIGINT drains and exits 0 (1 where
 * something could not be closed); a second one exits at once with 128 plus its number. An app that cannot start, and an error
 * that nobody caught, are logged and exit 1 (a `ToldFailure`: with its own code, not logged).
 */
export async function runUntilSignal(app: App, { logger, close = [], ended }: RunOptions): Promise<void> {
  let ending = false;
  /** Whether the next signal ends the process at once. */
  let isHurried = false;

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

  for (const signal of signals) {
    process.on(signal, () => {
      if (isHurried) process.exit(signal === "SIGINT" ? 130 : 143);
      isHurried = true;
      if (ending) return;
      logger.info({ signal }, "stopping");
      void end(0);
    });
  }
  ended?.addEventListener("abort", () => {
    if (ending) return;
    logger.info({}, "stopping");
    void end(0);
  });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error }, "an error that nobody caught");
      isHurried = true;
      if (!ending) void end(1);
    });
  }
  try {
    await app.start();
  } catch (error) {
    if (error instanceof ToldFailure) return await end(error.exitCode);
    const fields = error instanceof ListenError ? {} : { err: error };
    logger.fatal(fields, `${app.name} cannot start: ${startFailure(error)}`);
    await end(1);
  }
}
