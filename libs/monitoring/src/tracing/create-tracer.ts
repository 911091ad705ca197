import type { Logger } from "../logging/logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { noopTracer } from "./noop-tracer.ts";
import { createOtlpTracer } from "./otlp-tracer.ts";
import type { Tracer } from "./tracer.ts";

export interface TracerOptions {
  /** `service.name` of every span. */
  readonly service: string;
  readonly version?: string;
  /** Base URL of an OpenTelemetry collector, without `/v1/traces`; `null`: nothing is traced. */
  readonly endpoint: string | null;
  /** Sent with each export: credentials of the collector. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Share of the traces begun here that are recorded, 0 to 1; a caller's own decision is always kept. 0.1 by default. */
  readonly sampleRatio?: number;
  /** Spans that wait for the collector; more are dropped and counted, so that nothing ever waits for it. 4,096 by default. */
  readonly queueMax?: number;
  /** For the last export, when the app ends. 3 s by default. */
  readonly closeTimeoutMs?: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Free where there is no collector: then every span is the same object that does nothing. */
export function createTracer(options: TracerOptions): Tracer {
  const { endpoint } = options;
  return endpoint === null ? noopTracer : createOtlpTracer({ ...options, endpoint });
}
