import { pause } from "@libs/resilience";

/** The OTLP/HTTP endpoint that spans are sent to. */
export interface OtlpTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bound on a single request. */
  readonly timeoutMs: number;
  /** Delay before the second attempt, unless the collector specifies one; doubled before the third. */
  readonly backoffMs: number;
}

/** The result of an export: all spans were accepted, or the number of those lost and the reason. */
export interface ExportResult {
  readonly lost: number;
  readonly error: Error | null;
}

const attemptsMax = 3;
const waitMaxMs = 5000;

/** Statuses after which the OTLP specification allows another attempt. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Sends one export, and retries where that can help: the collector was unreachable, or reports that it is busy. Never rejects.
 * @param signal aborts it, delays included.
 */
export async function sendExport(
  target: OtlpTarget,
  body: string,
  spans: number,
  signal: AbortSignal,
): Promise<ExportResult> {
  let error = new Error("the tracer was closed");
  for (let attempt = 1; attempt <= attemptsMax && !signal.aborted; attempt += 1) {
    try {
      const response = await post(target, body, signal);
      const text = await response.text();
      if (response.ok) return readPartialSuccess(text, spans);
      error = new Error(`the collector answered ${response.status}`);
      if (!retryable.has(response.status)) break;
      if (attempt < attemptsMax) await pause(retryAfterMs(response) ?? target.backoffMs * attempt, signal);
    } catch (thrown) {
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (attempt < attemptsMax) await pause(target.backoffMs * attempt, signal);
    }
  }
  return { lost: spans, error };
}

function post({ url, headers, timeoutMs }: OtlpTarget, body: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "user-agent": "cartway", ...headers, "content-type": "application/json" },
    body,
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
}

/** A collector can accept an export but reject some spans: `{ "partialSuccess": { "rejectedSpans": "3", ... } }`. */
function readPartialSuccess(text: string, spans: number): ExportResult {
  const rejected = rejectedSpans(text);
  if (rejected === 0) return { lost: 0, error: null };
  return { lost: Math.min(rejected, spans), error: new Error(`the collector refused ${rejected} spans`) };
}

function rejectedSpans(text: string): number {
  const match = /"rejected_?[sS]pans"\s*:\s*"?(\d{1,9})/.exec(text);
  return match === null ? 0 : Number(match[1]);
}

function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(waitMaxMs, seconds * 1000) : null;
}
