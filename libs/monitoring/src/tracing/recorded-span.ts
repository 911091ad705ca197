import { redactText } from "../logging/redact-text.ts";
import { newSpanId, newTraceId, type TraceContext } from "./trace-context.ts";
import type { AttributeValue, Span, SpanKind, SpanOptions } from "./tracer.ts";
import type { SpanClock } from "./span-clock.ts";

const textCharsMax = 1024;
const attributesMax = 64;

/** A failed span's error, as in the conventions for exceptions. */
export interface SpanFailure {
  readonly atMs: number;
  readonly type: string;
  readonly message: string;
}

/** A recorded span. Texts are redacted and truncated when set; after its end it no longer changes. */
export class RecordedSpan implements Span {
  readonly context: TraceContext;
  readonly recording = true;
  readonly kind: SpanKind;
  readonly parentSpanId: string | null;
  readonly startedAtMs: number;
  readonly attributes = new Map<string, AttributeValue>();
  name: string;
  endedAtMs = 0;
  hasFailed = false;
  failure: SpanFailure | null = null;
  readonly #clock: SpanClock;
  readonly #onEnd: (span: RecordedSpan) => void;

  constructor(
    name: string,
    { kind = "internal", parent, attributes, startTimeMs }: SpanOptions,
    clock: SpanClock,
    onEnd: (span: RecordedSpan) => void,
  ) {
    this.context = {
      traceId: parent?.traceId ?? newTraceId(),
      spanId: newSpanId(),
      sampled: true,
      // a trace that begins here has a random id
      random: parent?.random ?? true,
      tracestate: parent?.tracestate ?? null,
    };
    this.name = redact(name);
    this.kind = kind;
    this.parentSpanId = parent?.spanId ?? null;
    this.startedAtMs = startTimeMs ?? clock();
    this.#clock = clock;
    this.#onEnd = onEnd;
    if (attributes !== undefined) {
      for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value);
    }
  }

  setName(name: string): void {
    if (this.endedAtMs === 0) this.name = redact(name);
  }

  setAttribute(name: string, value: AttributeValue): void {
    if (this.endedAtMs > 0 || (this.attributes.size >= attributesMax && !this.attributes.has(name))) return;
    this.attributes.set(name, typeof value === "string" ? redact(value) : value);
  }

  fail(type: string, error?: Error): void {
    if (this.endedAtMs > 0) return;
    this.setAttribute("error.type", type);
    this.hasFailed = true;
    if (error !== undefined)
      this.failure = { atMs: this.#clock(), type: error.name, message: redact(error.message) };
  }

  end(): void {
    if (this.endedAtMs > 0) return;
    this.endedAtMs = this.#clock();
    this.#onEnd(this);
  }
}

/** Redacts before truncating: half a credential would not be recognized. */
function redact(text: string): string {
  const redacted = redactText(text);
  return redacted.length > textCharsMax ? redacted.slice(0, textCharsMax) : redacted;
}
