import type { TraceContext } from "./trace-context.ts";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type AttributeValue = string | number | boolean;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** The caller's span, ours or a remote one; `null` begins a trace. */
  readonly parent: TraceContext | null;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Milliseconds since the epoch; now where not given. */
  readonly startTimeMs?: number;
}

/** One piece of work in a trace. Texts are redacted as log lines are. */
export interface Span {
  /** What to send to whatever this work calls; `null` where nothing traces: then the caller's own context is passed on. */
  readonly context: TraceContext | null;
  /** False where nothing is kept: skip what is dear to find out. */
  readonly recording: boolean;
  setAttribute(name: string, value: AttributeValue): void;
  /** Marks the span as failed. */
  fail(error: unknown): void;
  /** MUST be called once. */
  end(): void;
}

/** Free where no exporter is configured: `enabled` is false and every span is the same object that does nothing. */
export interface Tracer {
  readonly enabled: boolean;
  startSpan(name: string, options: SpanOptions): Span;
  /** Sends what is kept and ends. Bounded by the export timeout. */
  close(): Promise<void>;
}
