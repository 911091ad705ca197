import type { TraceContext } from "./trace-context.ts";

export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";
export type AttributeValue = string | number | boolean;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** The parent span, local or remote; `null` starts a trace. */
  readonly parent: TraceContext | null;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Milliseconds since the epoch; now by default. */
  readonly startTimeMs?: number;
}

/** A unit of work in a trace. Texts are redacted like log lines, and truncated at 1,024 characters. */
export interface Span {
  /** The context to propagate; `null` without tracing: the caller's own context is then passed on. */
  readonly context: TraceContext | null;
  /** False where nothing is recorded: skip expensive attributes. */
  readonly recording: boolean;
  /** For names known late, such as a request's route. */
  setName(name: string): void;
  setAttribute(name: string, value: AttributeValue): void;
  /** Marks the span as failed. `type` is from a closed set (`error.type`): a code, a status, a kind of failure. */
  fail(type: string, error?: Error): void;
  /** MUST be called exactly once. */
  end(): void;
}

/** Costs nothing without an exporter: `enabled` is false, and every span is the same no-op object. */
export interface Tracer {
  readonly enabled: boolean;
  startSpan(name: string, options: SpanOptions): Span;
  /** Sends what remains, within the deadline, and stops. Never rejects. */
  close(): Promise<void>;
}
