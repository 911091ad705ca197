import type { Logger } from "./logging/logger.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Tracer } from "./tracing/tracer.ts";

/** An app's logging, metrics and tracing, passed to its factory. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** No tracing if absent. */
  readonly tracer?: Tracer;
}
