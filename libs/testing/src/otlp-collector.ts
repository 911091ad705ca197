import { createEventLog, type EventLog } from "./event-log.ts";

/** A received span, with its attributes as a plain object. */
export interface CollectedSpan {
  /** The sender's `service.name`. */
  readonly service: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer";
  readonly traceId: string;
  readonly spanId: string;
  /** `null` for the root span. */
  readonly parentSpanId: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
  readonly statusMessage: string | null;
  readonly events: readonly string[];
}

/** One received export. */
export interface CollectedExport {
  readonly path: string;
  readonly headers: Headers;
  readonly spans: readonly CollectedSpan[];
}

export interface OtlpCollector extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly exports: EventLog<CollectedExport>;
  /** One entry per span, in order of arrival. */
  readonly spans: EventLog<CollectedSpan>;
}

/** The part of OTLP's JSON that is read here. */
interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Indexed by OTLP's numbers. */
const kinds = ["internal", "internal", "server", "client", "producer", "consumer"] as const;

/**
 * A collector on a real socket that receives OTLP/HTTP as JSON, and records it.
 * @param answer the status for each export, 200 by default: for a collector that refuses, or never answers.
 */
export function startOtlpCollector(
  answer: () => Response | Promise<Response> = () => Response.json({}),
): OtlpCollector {
  const exports = createEventLog<CollectedExport>();
  const spans = createEventLog<CollectedSpan>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { resourceSpans } = (await request.json()) as OtlpBody;
      const read = resourceSpans.flatMap(({ resource, scopeSpans }) => {
        const service = String(plain(resource.attributes)["service.name"]);
        return scopeSpans.flatMap((scope) => scope.spans.map((span) => toSpan(service, span)));
      });
      exports.push({ path: new URL(request.url).pathname, headers: request.headers, spans: read });
      for (const span of read) spans.push(span);
      return await answer();
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    exports,
    spans,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function toSpan(service: string, span: OtlpSpan): CollectedSpan {
  return {
    service,
    name: span.name,
    kind: kinds[span.kind] ?? "internal",
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? null,
    attributes: plain(span.attributes),
    failed: span.status.code === 2,
    statusMessage: span.status.message ?? null,
    events: span.events.map(({ name }) => name),
  };
}

function plain(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

/** OTLP wraps values by type: `{ stringValue: "x" }`, integers as text. */
function valueOf(value: OtlpAttribute["value"]): unknown {
  return "intValue" in value ? Number(value["intValue"]) : Object.values(value)[0];
}
