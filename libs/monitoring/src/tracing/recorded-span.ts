import { type Span as OtelSpan, SpanStatusCode } from "@opentelemetry/api";
import { redactText } from "../logging/redact-text.ts";
import type { TraceContext } from "./trace-context.ts";
import type { AttributeValue, Span } from "./tracer.ts";

/** A span of the SDK. Whatever text it is given is redacted on its way in. */
export class RecordedSpan implements Span {
  readonly context: TraceContext;
  readonly recording = true;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan, parent: TraceContext | null) {
    const { traceId, spanId } = span.spanContext();
    this.#span = span;
    this.context = {
      traceId,
      spanId,
      sampled: true,
      // A trace that begins here has a random id.
      random: parent?.random ?? true,
      tracestate: parent?.tracestate ?? null,
    };
  }

  setName(name: string): void {
    this.#span.updateName(name);
  }

  setAttribute(name: string, value: AttributeValue): void {
    this.#span.setAttribute(name, redactAttribute(value));
  }

  fail(type: string, error?: Error): void {
    this.#span.setAttribute("error.type", type);
    if (error === undefined) return void this.#span.setStatus({ code: SpanStatusCode.ERROR });
    const text = redactText(error.message);
    this.#span.addEvent("exception", { "exception.type": error.name, "exception.message": text });
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: text });
  }

  end(): void {
    this.#span.end();
  }
}

export function redactAttributes(
  attributes: Readonly<Record<string, AttributeValue>>,
): Record<string, AttributeValue> {
  const redacted: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) redacted[name] = redactAttribute(value);
  return redacted;
}

function redactAttribute(value: AttributeValue): AttributeValue {
  return typeof value === "string" ? redactText(value) : value;
}
