import type { Logger } from "../logging/logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { noopTracer } from "./noop-tracer.ts";
import { createOtlpTracer } from "./otlp-tracer.ts";
import type { Tracer } from "./tracer.ts";

export interface TracerOptions {
  /** `service.name` of every span. */
  readonly service: string;
  readonly version?: string;
  /** Base URL of an OpenTelemetry collector, without `/v1/traces`; `null` disables tracing. */
  readonly endpoint: string | null;
  /** Sent with each export, for instance the collector's credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Share of traces started here that are recorded, 0 to 1; a caller's own decision is always kept. 0.1 by default. */
  readonly sampleRatio?: number;
  /** Bound on spans that wait for export; more are dropped and counted, because nothing may wait for the collector. 4,096 by default. */
  readonly queueMax?: number;
  /** Timeout of the last export, when the app stops. 3 s by default. */
  readonly closeTimeoutMs?: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Costs nothing without a collector: every span is then the same no-op object. */
export function createTracer(options: TracerOptions): Tracer {
  const { endpoint } = options;
  return endpoint === null ? noopTracer : createOtlpTracer({ ...options, endpoint });
}
