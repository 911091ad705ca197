import { logLevels } from "@libs/monitoring";
import { defineEnvironment } from "./environment-schema.ts";

/** Where spans are sent; included in every app's variables. */
export const tracingEnvironment = defineEnvironment({
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    type: "url",
    protocols: ["http:", "https:"],
    optional: true,
    description: "OpenTelemetry collector (OTLP over HTTP). Without it nothing is traced.",
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    type: "headers",
    secret: true,
    default: {},
    description: "Sent to the collector with each export: `name=value,...`, values percent-encoded.",
  },
  TRACE_SAMPLE_RATIO: {
    type: "number",
    min: 0,
    max: 1,
    default: 0.1,
    description: "Share of the traces begun here that are recorded; a caller's own decision is kept.",
  },
});

/** The variables that all apps share, to be spread into an app's table: `defineEnvironment({ ...serverEnvironment(3001), ... })`. */
export function serverEnvironment(port: number) {
  return defineEnvironment({
    PORT: { type: "port", default: port, description: "Port to listen on." },
    HOST: { type: "text", default: "0.0.0.0", description: "Address to listen on." },
    LOG_LEVEL: {
      type: "choice",
      choices: logLevels,
      default: "info",
      description: "Least level that is logged.",
    },
    METRICS_LINES_MAX: {
      type: "integer",
      min: 1000,
      max: 1_000_000,
      default: 10_000,
      description: "Bound on the lines of `/metrics`, beyond which new series are counted under `__other__`.",
    },
    DRAIN_NOTICE_MS: {
      type: "integer",
      min: 0,
      max: 600_000,
      default: 0,
      description: "How long to accept after saying not ready, so that load balancers notice.",
    },
    DRAIN_DEADLINE_MS: {
      type: "integer",
      min: 0,
      max: 600_000,
      default: 25_000,
      description: "How long requests in flight may take to end when the app stops.",
    },
    GIT_COMMIT: { type: "text", optional: true, description: "Commit the app was built from." },
    BUILD_TIME: { type: "text", optional: true, description: "When the app was built, ISO 8601." },
    ...tracingEnvironment,
  });
}
