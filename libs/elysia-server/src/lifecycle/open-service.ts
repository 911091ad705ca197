import { createLogger, createMetrics, type Telemetry } from "@libs/monitoring";
import type { App } from "../app.ts";
import type { EnvironmentOf } from "../environment/environment-schema.ts";
import { requireEnvironment } from "../environment/require-environment.ts";
import type { serverEnvironment } from "../environment/server-environment.ts";
import { type ServerConfig, serverSettings } from "../server-config.ts";
import { openTracer } from "./open-tracer.ts";
import { runUntilSignal } from "./run-until-signal.ts";

type CommonVariables = ReturnType<typeof serverEnvironment>;

export interface ServiceOptions<S extends CommonVariables> {
  /** The app's name, as in its package: `ingestion`. */
  readonly name: string;
  readonly version: string;
  /** The app's table of variables, those of every app among them. */
  readonly environment: S;
  /** On every line of the log. */
  readonly logFields?: Readonly<Record<string, unknown>>;
}

/** What a process has before its app is made, and how it ends. */
export interface OpenService<S extends CommonVariables> {
  readonly env: EnvironmentOf<S>;
  /** To be spread into the app's config. */
  readonly settings: ServerConfig;
  /** To be spread into the app's dependencies. */
  readonly telemetry: Telemetry;
  /**
   * Starts the app and runs it until a signal; see `runUntilSignal`. The last spans are sent after everything is closed.
   * @param close what `main.ts` opened, in the order in which it is closed.
   * @param ended ends it as a signal does.
   */
  readonly run: (app: App, close?: readonly (() => Promise<unknown>)[], ended?: AbortSignal) => Promise<void>;
}

/**
 * The first lines of every `main.ts`: reads the environment, and opens the log, the metrics and the tracer by it. Ends the
 * process with 1, saying all that is wrong, where the environment cannot be used.
 * @param variables `process.env`, which only `main.ts` may read.
 */
export function openService<const S extends CommonVariables>(
  { name, version, environment, logFields = {} }: ServiceOptions<S>,
  variables: Readonly<Record<string, string | undefined>>,
): OpenService<S> {
  const env = requireEnvironment(environment, variables);
  // What holds of the table whose rows all apps have holds of every table that spreads it.
  const common: EnvironmentOf<CommonVariables> = env;
  const logger = createLogger({ name, level: common.LOG_LEVEL }).child(logFields);
  const metrics = createMetrics({ service: name, version, commit: common.GIT_COMMIT ?? "unknown" });
  const tracer = openTracer(common, { service: name, version, logger, metrics });
  return {
    env,
    settings: serverSettings(common, version),
    telemetry: { logger, metrics, tracer },
    run: (app, close = [], ended) =>
      runUntilSignal(app, {
        logger,
        close: [...close, () => tracer.close()],
        ...(ended === undefined ? {} : { ended }),
      }),
  };
}
