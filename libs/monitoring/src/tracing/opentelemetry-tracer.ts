import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  TraceFlags,
  createTraceState,
  trace,
} from "@opentelemetry/api";
import type { Context, Span as OtelSpan } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { redactText } from "../logging/redact-text.ts";
import { watchExports } from "./watch-exports.ts";
import type { TraceContext } from "./trace-context.ts";
import type { AttributeValue, Span, SpanKind, Tracer } from "./tracer.ts";
import type { TracerOptions } from "./create-tracer.ts";

const kinds: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

/** Spans by OTLP over HTTP, sampled by the parent where there is one and by ratio where there is none. */
export function createOpenTelemetryTracer(options: TracerOptions & { readonly endpoint: string }): Tracer {
  const { service, version = "unknown", sampleRatio = 0.1 } = options;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.version": version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanLimits: { attributeValueLengthLimit: 1024, attributeCountLimit: 64, eventCountLimit: 32 },
    // A full queue drops spans: a collector that is down never holds up a request or fills the memory.
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createExporter(options),
        maxQueueSize: 4096,
        maxExportBatchSize: 512,
        scheduledDelayMillis: 2000,
        exportTimeoutMillis: 5000,
      }),
    ],
  });
  const tracer = provider.getTracer("cartway");
  return {
    enabled: true,
    startSpan(name, { kind = "internal", parent, attributes = {}, startTimeMs }) {
      const span = tracer.startSpan(
        name,
        {
          kind: kinds[kind],
          attributes: redactAttributes(attributes),
          ...(startTimeMs === undefined ? {} : { startTime: startTimeMs }),
        },
        parentContext(parent),
      );
      return wrap(span, parent);
    },
    async close() {
      try {
        await provider.shutdown();
      } catch (error) {
        // A collector that is away must not keep an app from ending well.
        options.logger.debug({ err: error }, "the last spans were lost");
      }
    },
  };
}

function createExporter({
  endpoint,
  headers,
  logger,
  metrics,
}: TracerOptions & { readonly endpoint: string }): SpanExporter {
  const url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
  return watchExports(new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: 5000 }), {
    logger,
    metrics,
  });
}

function parentContext(parent: TraceContext | null): Context {
  if (parent === null) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: parent.traceId,
    spanId: parent.spanId,
    traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(parent.tracestate === null ? {} : { traceState: createTraceState(parent.tracestate) }),
  });
}

function wrap(span: OtelSpan, parent: TraceContext | null): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return {
    context: { traceId, spanId, sampled, tracestate: parent?.tracestate ?? null },
    recording: span.isRecording(),
    setAttribute: (name, value) => void span.setAttribute(name, redactAttribute(value)),
    fail(error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      const text = redactText(message);
      span.addEvent("exception", { "exception.type": name, "exception.message": text });
      span.setStatus({ code: SpanStatusCode.ERROR, message: text });
    },
    end: () => span.end(),
  };
}

function redactAttributes(
  attributes: Readonly<Record<string, AttributeValue>>,
): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, redactAttribute(value)]),
  );
}

function redactAttribute(value: AttributeValue): AttributeValue {
  return typeof value === "string" ? redactText(value) : value;
}
