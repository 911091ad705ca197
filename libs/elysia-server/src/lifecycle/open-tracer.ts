import { createTracer, type Logger, type Metrics, type Tracer } from "@libs/monitoring";
import type { EnvironmentOf } from "../environment/environment-schema.ts";
import type { tracingEnvironment } from "../environment/server-environment.ts";

export interface OpenTracerOptions {
  readonly service: string;
  readonly version: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Creates the configured tracer; without a collector it does nothing. */
export function openTracer(
  env: EnvironmentOf<typeof tracingEnvironment>,
  options: OpenTracerOptions,
): Tracer {
  return createTracer({
    ...options,
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: env.OTEL_EXPORTER_OTLP_HEADERS,
    sampleRatio: env.TRACE_SAMPLE_RATIO,
  });
}
