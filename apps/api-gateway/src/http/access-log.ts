import type { CartwayError } from "@libs/errors";
import { type Logger, ThinnedLines } from "@libs/monitoring";
import type { AnswerPart } from "../model/exchange.ts";
import type { EndReason } from "./end-reason.ts";

/** One line of the access log: who asked what, where it went, how long each step took, how it ended and why. */
export interface AccessEntry {
  readonly requestId: string;
  /** `null` where the request is part of no trace. */
  readonly traceId: string | null;
  readonly method: string;
  readonly host: string | null;
  /** Without query: it may hold anything. */
  readonly path: string | null;
  readonly clientIp: string | null;
  readonly tenantId: string | null;
  /** The id of the route in the config, or the path of the gateway's own endpoint. */
  readonly route: string | null;
  readonly service: string | null;
  /** The id of the last target that was tried. */
  readonly target: string | null;
  readonly attempts: number;
  /** Of an answer that is made of several; `null` for any other. */
  readonly parts: readonly AnswerPart[] | null;
  readonly status: number;
  readonly ended: EndReason;
  /** The policy that refused, where one did. */
  readonly policy: string | null;
  /** Milliseconds: in the queue of a policy, to open the connection, to the first byte, and to the end of the answer. */
  readonly queuedMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly error: CartwayError | null;
}

/** What the gateway or a service failed at. */
export interface Failure {
  /** The error's code, or how the answer broke off. */
  readonly code: string;
  readonly route: string | null;
}

export interface AccessLog {
  /** @param describe called only where the line is written, so that one that is not costs nothing. */
  record<Subject>(
    failure: Failure | null,
    subject: Subject,
    describe: (subject: Subject) => AccessEntry,
  ): void;
}

export interface AccessLogOptions {
  readonly logger: Logger;
  /**
   * Share of the requests that get a line, 1 for all. Beyond it what the gateway or a service failed at has one: the first of each code and
   * route in a second, and then their number.
   */
  readonly sampleRatio: () => number;
  readonly random?: () => number;
}

/** JSON, one line a request. No query, no header, no body; what is left is redacted as every line of the log is. */
export function createAccessLog({ logger, sampleRatio, random = Math.random }: AccessLogOptions): AccessLog {
  const failures = new ThinnedLines({ logger, message: "more requests failed as these did" });

  /** Asked for each request: most logs have no share at all, or all of it. */
  function isSampled(): boolean {
    const ratio = sampleRatio();
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

function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** To the microsecond. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
