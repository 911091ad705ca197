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

/** One piece of work in a trace. Texts are redacted as log lines are, cut at 1,024 characters. */
export interface Span {
  /** What to send to whatever this work calls; `null` where nothing traces: then the caller's own context is passed on. */
  readonly context: TraceContext | null;
  /** False where nothing is kept: skip what is dear to find out. */
  readonly recording: boolean;
  /** For work whose name is known late, such as the route of a request. */
  setName(name: string): void;
  setAttribute(name: string, value: AttributeValue): void;
  /** Marks the span as failed. `type` is one of a closed set of words (`error.type`): a code, a status, a kind of failure. */
  fail(type: string, error?: Error): void;
  /** MUST be called once. */
  end(): void;
}

/** Free where no exporter is configured: `enabled` is false and every span is the same object that does nothing. */
export interface Tracer {
  readonly enabled: boolean;
  startSpan(name: string, options: SpanOptions): Span;
  /** Sends what is kept and ends, within the deadline whatever the collector does. Never rejects. */
  close(): Promise<void>;
}
