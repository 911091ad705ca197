import { ROOT_CONTEXT, SpanKind as OtelKind, TraceFlags, createTraceState, trace } from "@opentelemetry/api";
import type { Context } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { boundSpans } from "./bounded-spans.ts";
import type { TracerOptions } from "./create-tracer.ts";
import { redactAttributes, RecordedSpan } from "./recorded-span.ts";
import { newTraceContext, type TraceContext } from "./trace-context.ts";
import type { SpanKind, Tracer } from "./tracer.ts";
import { UnrecordedSpan } from "./unrecorded-span.ts";
import { createSpanCounters, watchExports } from "./watch-exports.ts";

const kinds: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

const exportTimeoutMs = 5000;

type Options = TracerOptions & { readonly endpoint: string };

/**
 * Spans by OTLP over HTTP. What is recorded is decided here and not by the SDK, so that a trace that is not costs no span: by the
 * caller's `sampled` flag where there is a caller, by ratio where the trace begins.
 */
export function createOpenTelemetryTracer(options: Options): Tracer {
  const { logger, sampleRatio = 0.1, closeTimeoutMs = 3000 } = options;
  const provider = createProvider(options);
  const tracer = provider.getTracer("cartway");
  return {
    enabled: true,
    startSpan(name, { kind = "internal", parent, attributes, startTimeMs }) {
      if (!(parent?.sampled ?? Math.random() < sampleRatio))
        return new UnrecordedSpan(parent ?? newTraceContext(false));
      const span = tracer.startSpan(
        name,
        {
          kind: kinds[kind],
          ...(attributes === undefined ? {} : { attributes: redactAttributes(attributes) }),
          ...(startTimeMs === undefined ? {} : { startTime: startTimeMs }),
        },
        parent === null ? ROOT_CONTEXT : contextOf(parent),
      );
      return new RecordedSpan(span, parent);
    },
    async close() {
      let timer: Timer | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        const error = new Error(`no end within ${closeTimeoutMs} ms`);
        timer = setTimeout(() => reject(error), closeTimeoutMs);
      });
      try {
        await Promise.race([provider.shutdown(), late]);
      } catch (error) {
        // A collector that is away must not keep an app from ending well.
        logger.warn({ err: error }, "the last spans were lost");
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function createProvider(options: Options): TracerProvider {
  const { service, version = "unknown", endpoint, headers, logger, metrics, queueMax = 4096 } = options;
  const counters = createSpanCounters(metrics);
  const pending = { count: 0 };
  const url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: exportTimeoutMs });
  const batches = new BatchSpanProcessor({
    exporter: watchExports(exporter, { logger, counters, pending }),
    // Never reached: spans are counted before they come here.
    maxQueueSize: queueMax,
    maxExportBatchSize: Math.min(512, queueMax),
    scheduledDelayMillis: 2000,
    exportTimeoutMillis: exportTimeoutMs,
  });
  return new TracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.version": version }),
    sampler: new AlwaysOnSampler(),
    spanLimits: { attributeValueLengthLimit: 1024, attributeCountLimit: 64, eventCountLimit: 32 },
    spanProcessors: [
      boundSpans(batches, { pending, max: queueMax, onDropped: () => counters.dropped.inc() }),
    ],
  });
}

function contextOf(parent: TraceContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: parent.traceId,
    spanId: parent.spanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
    ...(parent.tracestate === null ? {} : { traceState: createTraceState(parent.tracestate) }),
  });
}
