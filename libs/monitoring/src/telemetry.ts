import type { Logger } from "./logging/logger.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Tracer } from "./tracing/tracer.ts";

/** What an app tells of itself with, given to its factory. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Nothing is traced where absent. */
  readonly tracer?: Tracer;
}
