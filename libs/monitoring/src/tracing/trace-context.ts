import { keepTracestate } from "./tracestate.ts";

/** Where in a trace something happens, as it travels in `traceparent` and `tracestate` (W3C Trace Context, level 2). */
export interface TraceContext {
  /** 32 lower case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower case hexadecimal digits, not all zero: of the span that is the parent of what follows. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** Whether the trace id was made at random, as its maker says: what samples by its digits needs to know. */
  readonly random: boolean;
  /** Vendors' own data, passed on as it came; `null` for none. */
  readonly tracestate: string | null;
}

/** Fixed places of the header: `00-<32 digits>-<16 digits>-<2 digits>`. */
const length = 55;
const zero = 48;
const dash = 45;
const sampledFlag = 1;
const randomFlag = 2;

/**
 * The caller's place in its trace, `null` where there is none or it is malformed (the whole context is dropped then, as the
 * recommendation says, `tracestate` too). Reads fixed places by character code: 0.1 us.
 */
export function parseTraceparent(
  traceparent: string | null,
  tracestate: string | null = null,
): TraceContext | null {
  if (traceparent === null || traceparent.length < length) return null;
  if (!hasShape(traceparent)) return null;
  const traceId = traceparent.slice(3, 35);
  const spanId = traceparent.slice(36, 52);
  const flags = Number.parseInt(traceparent.slice(53, 55), 16);
  return {
    traceId,
    spanId,
    sampled: (flags & sampledFlag) !== 0,
    random: (flags & randomFlag) !== 0,
    tracestate: keepTracestate(tracestate),
  };
}

/** `traceparent` for what is called next. Flags that this version does not know are not passed on. */
export function formatTraceparent({ traceId, spanId, sampled, random }: TraceContext): string {
  return `00-${traceId}-${spanId}-0${(sampled ? sampledFlag : 0) | (random ? randomFlag : 0)}`;
}

/** The caller's place in its trace, from its headers. Costs one look where there is none. */
export function readTraceContext(headers: { get(name: string): string | null }): TraceContext | null {
  const traceparent = headers.get("traceparent");
  return traceparent === null ? null : parseTraceparent(traceparent, headers.get("tracestate"));
}

/** Replaces both fields: what is sent on is this context whole, never half of it and half of another. */
export function writeTraceContext(
  headers: { set(name: string, value: string): void; delete(name: string): void },
  context: TraceContext,
): void {
  headers.set("traceparent", formatTraceparent(context));
  if (context.tracestate === null) headers.delete("tracestate");
  else headers.set("tracestate", context.tracestate);
}

/** The start of a trace where the caller sent none. */
export function newTraceContext(sampled: boolean): TraceContext {
  return { traceId: newTraceId(), spanId: newSpanId(), sampled, random: true, tracestate: null };
}

export function newTraceId(): string {
  return randomHex(16);
}

export function newSpanId(): string {
  return randomHex(8);
}

function hasShape(text: string): boolean {
  if (!isHex(text, 0, 2) || text.startsWith("ff")) return false;
  // Version 00 ends here; a later one may go on, after a dash.
  if (text.length > length && (text.startsWith("00") || text.charCodeAt(length) !== dash)) return false;
  if (text.charCodeAt(2) !== dash || text.charCodeAt(35) !== dash || text.charCodeAt(52) !== dash)
    return false;
  return isHex(text, 53, 55) && isId(text, 3, 35) && isId(text, 36, 52);
}

function isId(text: string, from: number, to: number): boolean {
  if (!isHex(text, from, to)) return false;
  for (let index = from; index < to; index += 1) if (text.charCodeAt(index) !== zero) return true;
  return false;
}

/** Lower case only: upper case is malformed. */
function isHex(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    const code = text.charCodeAt(index);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

/** Random bytes are taken from the system in blocks: one call for each id costs ten times as much. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const hex = pool.toString("hex", used, used + bytes);
  used += bytes;
  return /^0+$/.test(hex) ? randomHex(bytes) : hex;
}
