import { CartwayError, type ErrorCode, errorCodes } from "@libs/errors";
import { conflictRejection, type EventWriter } from "./event-writer.ts";
import type { CartEvent } from "./cart-event.ts";
import { parseEvent, type Rejection } from "./parse-event.ts";
import type { WriterMetrics } from "./writer-metrics.ts";

const eventsMax = 1000;

/** The answer of `POST /events`: every event that is not among the rejected is on disk. */
export interface Receipt {
  /** Stored now. */
  readonly accepted: number;
  /** Stored before: acknowledged again, counted once. Accepted, duplicates and rejected add up to the number of events sent. */
  readonly duplicates: number;
  readonly rejected: readonly RejectedEvent[];
}

export interface RejectedEvent {
  readonly index: number;
  readonly id?: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export interface ReceiveParts {
  readonly writer: EventWriter;
  readonly metrics: WriterMetrics;
  readonly now: () => number;
}

/**
 * Accepts one event or a list. The valid ones of a list are stored and the invalid ones reported by index and reason; a single invalid
 * event is an error. @throws CartwayError `validation_failed`, `conflict`, `payload_too_large`, and the writer's.
 */
export async function receiveEvents(body: unknown, parts: ReceiveParts): Promise<Receipt> {
  const values = Array.isArray(body) ? body : [body];
  if (values.length > eventsMax) {
    throw new CartwayError("payload_too_large", {
      message: `Expected at most ${eventsMax} events, found ${values.length}.`,
    });
  }
  const receipt = await receiveAll(values, parts);
  const [rejection] = receipt.rejected;
  if (Array.isArray(body) || rejection === undefined) return receipt;
  throw new CartwayError(rejection.code, { message: rejection.message });
}

async function receiveAll(
  values: readonly unknown[],
  { writer, metrics, now }: ReceiveParts,
): Promise<Receipt> {
  const nowMs = now();
  const rejected: RejectedEvent[] = [];
  const events: CartEvent[] = [];
  const indexes: number[] = [];
  for (const [index, value] of values.entries()) {
    const parsed = parseEvent(value, nowMs);
    if (parsed.ok) {
      events.push(parsed.event);
      indexes.push(index);
    } else {
      rejected.push(describeRejection(index, idOf(value), parsed.rejection));
    }
  }
  metrics.rejected(rejected.length);
  const outcomes = events.length === 0 ? [] : await writer.write(events);
  for (const [position, outcome] of outcomes.entries()) {
    if (outcome !== "conflict") continue;
    rejected.push(describeRejection(indexes[position] ?? 0, events[position]?.id, conflictRejection));
  }
  const duplicates = outcomes.filter((outcome) => outcome === "duplicate").length;
  return {
    accepted: values.length - rejected.length - duplicates,
    duplicates,
    rejected: rejected.toSorted((a, b) => a.index - b.index),
  };
}

function describeRejection(
  index: number,
  id: string | undefined,
  { code, message }: Pick<Rejection, "code" | "message">,
): RejectedEvent {
  const { retryable } = errorCodes[code];
  return { index, ...(id === undefined ? {} : { id }), code, message, retryable };
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("id" in value) || typeof value.id !== "string")
    return undefined;
  return value.id.slice(0, 128);
}
