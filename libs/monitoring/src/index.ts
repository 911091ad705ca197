export { createLogger, type LogDestination, type LoggerOptions } from "./logging/create-logger.ts";
export { currentLogContext, type LogContext, runWithLogContext } from "./logging/log-context.ts";
export { type Logger, type LogLevel, type LogMethod, logLevels } from "./logging/logger.ts";
export { createMemoryLogger, type MemoryLogger } from "./logging/memory-logger.ts";
export { isSensitiveKey } from "./logging/redact-key.ts";
export { standardOutput } from "./logging/standard-output.ts";
export { ThinnedLines, type ThinnedLinesOptions } from "./logging/thinned-lines.ts";
export { createMetrics, type MetricsSettings } from "./metrics/create-metrics.ts";
export type {
  Counter,
  Gauge,
  Histogram,
  Labelled,
  LabelValues,
  MetricOptions,
  Metrics,
} from "./metrics/metrics.ts";
export type { Telemetry } from "./telemetry.ts";
export { createTracer, type TracerOptions } from "./tracing/create-tracer.ts";
export {
  type ClientRequest,
  endClientSpan,
  endServerSpan,
  type ServerOutcome,
  type ServerRequest,
  startClientSpan,
  startServerSpan,
} from "./tracing/http-spans.ts";
export { noopTracer } from "./tracing/noop-tracer.ts";
export { parseOtlpHeaders } from "./tracing/otlp-headers.ts";
export {
  readTraceContext,
  type TraceContext,
  writeTraceContext,
} from "./tracing/trace-context.ts";
export { tracedFetch, type TracedRequest } from "./tracing/traced-fetch.ts";
export type { AttributeValue, Span, SpanKind, SpanOptions, Tracer } from "./tracing/tracer.ts";
