import type { RecordedSpan } from "./recorded-span.ts";
import { toNanos } from "./span-clock.ts";
import type { AttributeValue, SpanKind } from "./tracer.ts";

/** `Span.SpanKind` of OTLP. */
const kinds: Readonly<Record<SpanKind, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};

/** `Status.StatusCode` of OTLP. */
const unset = 0;
const failed = 2;

/** `ExportTraceServiceRequest` in OTLP's JSON (1.0 and later): enums are numbers, ids hexadecimal, 64-bit integers strings. */
export function writeExport(
  resource: Readonly<Record<string, string>>,
  spans: readonly RecordedSpan[],
): string {
  const attributes = Object.entries(resource).map(([name, value]) => writeAttribute(name, value));
  return `{"resourceSpans":[{"resource":{"attributes":[${attributes.join(",")}]},"scopeSpans":[{"scope":{"name":"cartway"},"spans":[${spans.map(writeSpan).join(",")}]}]}]}`;
}

/** Serialized by hand: building an object for `JSON.stringify` takes three times as long. */
function writeSpan(span: RecordedSpan): string {
  const { context, parentSpanId, failure } = span;
  const parent = parentSpanId === null ? "" : `,"parentSpanId":"${parentSpanId}"`;
  const state = context.tracestate === null ? "" : `,"traceState":${writeText(context.tracestate)}`;
  let attributes = "";
  for (const [name, value] of span.attributes)
    attributes += `${attributes === "" ? "" : ","}${writeAttribute(name, value)}`;
  const message = failure === null ? "" : `,"message":${writeText(failure.message)}`;
  return (
    `{"traceId":"${context.traceId}","spanId":"${context.spanId}"${parent}${state},"flags":${context.random ? 3 : 1},` +
    `"name":${writeText(span.name)},"kind":${kinds[span.kind]},` +
    `"startTimeUnixNano":"${toNanos(span.startedAtMs)}","endTimeUnixNano":"${toNanos(span.endedAtMs)}",` +
    `"attributes":[${attributes}],"events":[${writeException(span)}],` +
    `"status":{"code":${span.hasFailed ? failed : unset}${message}}}`
  );
}

function writeException({ failure }: RecordedSpan): string {
  if (failure === null) return "";
  const attributes = [
    writeAttribute("exception.type", failure.type),
    writeAttribute("exception.message", failure.message),
  ];
  return `{"timeUnixNano":"${toNanos(failure.atMs)}","name":"exception","attributes":[${attributes.join(",")}]}`;
}

function writeAttribute(name: string, value: AttributeValue): string {
  return `{"key":${writeText(name)},"value":${writeValue(value)}}`;
}

/** Matches texts that need no JSON escaping, which most are: printable ASCII without quotes and backslashes. */
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function writeText(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

function writeValue(value: AttributeValue): string {
  if (typeof value === "string") return `{"stringValue":${writeText(value)}}`;
  if (typeof value === "boolean") return `{"boolValue":${value}}`;
  if (Number.isSafeInteger(value)) return `{"intValue":"${value}"}`;
  // JSON has no NaN and no infinities
  return Number.isFinite(value) ? `{"doubleValue":${value}}` : `{"stringValue":"${value}"}`;
}
