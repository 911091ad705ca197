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
  /** The app's environment variables, including the common ones. */
  readonly environment: S;
  /** Added to every log line. */
  readonly logFields?: Readonly<Record<string, unknown>>;
}

/** What a process needs before its app is created, and how it runs. */
export interface OpenService<S extends CommonVariables> {
  readonly env: EnvironmentOf<S>;
  /** To be spread into the app's config. */
  readonly settings: ServerConfig;
  /** To be spread into the app's dependencies. */
  readonly telemetry: Telemetry;
  /**
   * Runs the app until a signal; see `runUntilSignal`. Remaining spans are sent after everything else is closed.
   * @param close closes what `main.ts` opened, in this order.
   * @param ended stops it, as a signal does.
   */
  readonly run: (app: App, close?: readonly (() => Promise<unknown>)[], ended?: AbortSignal) => Promise<void>;
}

/**
 * The beginning of every `main.ts`: reads the environment, and creates the logger, metrics and tracer. Exits with 1 and prints every
 * problem where the environment is invalid.
 * @param variables `process.env`, which only `main.ts` may read.
 */
export function openService<const S extends CommonVariables>(
  { name, version, environment, logFields = {} }: ServiceOptions<S>,
  variables: Readonly<Record<string, string | undefined>>,
): OpenService<S> {
  const env = requireEnvironment(environment, variables);
  // typed without `S`: only the variables that all apps share are used here
  const common: EnvironmentOf<CommonVariables> = env;
  const logger = createLogger({ name, level: common.LOG_LEVEL }).child(logFields);
  const metrics = createMetrics({
    service: name,
    version,
    commit: common.GIT_COMMIT ?? "unknown",
    linesMax: common.METRICS_LINES_MAX,
  });
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
