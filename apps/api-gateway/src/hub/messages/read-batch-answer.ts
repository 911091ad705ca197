import { CartwayError, type ErrorCode, isErrorCode } from "@libs/errors";
import type { ServiceAnswer } from "../../model/upstream/service-caller.ts";
import { readJson } from "./call-service.ts";

/** The service's rejection of one element of a batch. */
export interface Rejection {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export interface BatchAnswer {
  /** The rejected elements by index. */
  readonly rejections: ReadonlyMap<number, Rejection>;
  /** Replies by index (meaningless for rejected elements); `null` if no replies are expected. */
  readonly replies: readonly unknown[] | null;
}

export interface BatchSent {
  readonly elements: number;
  /** Whether every element that is not rejected must have a reply. */
  readonly isReplied: boolean;
}

/**
 * Parses `{ accepted, duplicates, rejected: [{ index, code, message, retryable }], replies: [...] }`. Throws `upstream_invalid` if the
 * counts do not match the number sent: nothing is acknowledged on a guess.
 */
export function readBatchAnswer(
  answer: ServiceAnswer,
  { elements: sent, isReplied }: BatchSent,
): BatchAnswer {
  const body = readJson(answer.body);
  if (typeof body !== "object" || body === null) throw invalid("no JSON object");
  const { accepted, duplicates = 0, rejected = [], replies }: Partial<Record<string, unknown>> = body;
  if (typeof accepted !== "number" || typeof duplicates !== "number" || !Array.isArray(rejected)) {
    throw invalid("fields are missing");
  }
  const rejections = new Map<number, Rejection>();
  for (const entry of rejected) {
    const index: unknown = typeof entry === "object" && entry !== null ? entry.index : undefined;
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= sent)
      throw invalid("a bad index");
    rejections.set(index, readRejection(entry));
  }
  if (accepted + duplicates + rejections.size !== sent) {
    throw invalid(`${accepted} + ${duplicates} + ${rejections.size} is not ${sent}`);
  }
  if (!isReplied) return { rejections, replies: null };
  if (!Array.isArray(replies) || replies.length !== sent) throw invalid(`not a reply to each of ${sent}`);
  return { rejections, replies };
}

function readRejection(entry: { code?: unknown; message?: unknown; retryable?: unknown }): Rejection {
  const { code, message, retryable } = entry;
  return {
    code: isErrorCode(code) ? code : "validation_failed",
    message: typeof message === "string" ? message : "The service refused it.",
    retryable: retryable === true,
  };
}

function invalid(why: string): CartwayError {
  return new CartwayError("upstream_invalid", {
    message: "The service's response does not contain a result for each frame.",
    internal: `the answer to a batch is not one: ${why}`,
  });
}
