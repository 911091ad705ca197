import type { CartwayError } from "@libs/errors";
import { type Logger, ThinnedLines } from "@libs/monitoring";
import type { AnswerPart } from "../model/exchange/exchange.ts";
import type { EndReason } from "./end-reason.ts";

/** A line of the access log: the request, its destination, the time of each step, how it ended and why. */
export interface AccessEntry {
  readonly requestId: string;
  /** `null` where the request is not traced. */
  readonly traceId: string | null;
  readonly method: string;
  readonly host: string | null;
  /** Without the query, which can contain anything. */
  readonly path: string | null;
  readonly clientIp: string | null;
  readonly tenantId: string | null;
  /** The route's id in the config, or the path of the gateway's own endpoint. */
  readonly route: string | null;
  readonly service: string | null;
  /** The id of the last target that was tried. */
  readonly target: string | null;
  readonly attempts: number;
  /** What answered in place of the service, which failed: another service or the fixed answer of its config. */
  readonly fallback: "service" | "fixed" | null;
  /** For an aggregate answer; `null` for any other. */
  readonly parts: readonly AnswerPart[] | null;
  readonly status: number;
  readonly ended: EndReason;
  /** The policy that refused the request or failed at its answer, if any. */
  readonly policy: string | null;
  /** Milliseconds: in a policy's queue, until connected, until the first byte, and until the end of the answer. */
  readonly queuedMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  /** `null` where they are not counted. */
  readonly requestBytes: number | null;
  readonly responseBytes: number | null;
  readonly error: CartwayError | null;
}

/** A failure of the gateway or a service. */
export interface Failure {
  /** The error's code, or how the answer broke off. */
  readonly code: string;
  readonly route: string | null;
}

/** What a line is about. */
export interface Requested {
  readonly request: { readonly headers: Pick<Headers, "get"> };
}

export interface AccessLog {
  /** @param describe called only where the line is written, so that unsampled requests cost nothing. */
  record<Subject extends Requested>(
    failure: Failure | null,
    subject: Subject,
    describe: (subject: Subject) => AccessEntry,
  ): void;
}

export interface AccessLogOptions {
  readonly logger: Logger;
  readonly settings: () => AccessLogSettings;
  readonly random?: () => number;
}

export interface AccessLogSettings {
  /**
   * Share of requests that are logged, 1 for all. Of the others, failures of the gateway or a service are logged: the first of each code
   * and route per second, and then their number.
   */
  readonly sampleRatio: number;
  /** Headers of the client that a line contains, in lower case. MUST NOT carry credentials. */
  readonly requestHeaders: readonly string[];
}

/** Longer header values are cut off: a client chooses them. */
const headerLengthMax = 256;

/** JSON, one line per request. Contains no query, no body and only the headers of the settings; the rest is redacted like all log lines. */
export function createAccessLog({ logger, settings, random = Math.random }: AccessLogOptions): AccessLog {
  const failures = new ThinnedLines({ logger, message: "further requests failed in the same way" });

  /** Called per request; avoids the random number for shares of 0 and 1. */
  function isSampled(): boolean {
    const ratio = settings().sampleRatio;
    return ratio > 0 && (ratio === 1 || random() < ratio);
  }

  function isTold({ code, route }: Failure): boolean {
    return failures.admits(`${code} ${route ?? ""}`, withoutNulls({ code, route }));
  }

  return {
    record(failure, subject, describe) {
      if (!isSampled() && (failure === null || !isTold(failure))) return;
      const { error, ...entry } = describe(subject);
      const fields = withoutNulls({
        ...entry,
        headers: headersOf(subject, settings().requestHeaders),
        queuedMs: round(entry.queuedMs),
        connectMs: round(entry.connectMs),
        firstByteMs: round(entry.firstByteMs),
        totalMs: round(entry.totalMs),
        parts: entry.parts?.map((part) =>
          withoutNulls({ ...part, durationMs: part.durationMs === null ? null : round(part.durationMs) }),
        ),
        ...(error === null ? {} : { code: error.code, reason: error.internal, err: error.cause }),
      });
      if (failure !== null) logger.warn(fields, "a request failed");
      else logger.info(fields, "request");
    },
  };
}

function headersOf({ request }: Requested, names: readonly string[]): Record<string, unknown> | null {
  if (names.length === 0) return null;
  return withoutNulls(
    Object.fromEntries(
      names.map((name) => [name, request.headers.get(name)?.slice(0, headerLengthMax) ?? null]),
    ),
  );
}

function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** Rounds to microseconds. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
