import { toCartwayError } from "@libs/errors";
import type { AttributeValue, Tracer } from "@libs/monitoring";
import type { AttemptWatcher } from "../model/upstream/attempt-watcher.ts";
import { causeOf, watchAttempts } from "./exchange-trace.ts";

/** Work of the gateway itself, without a request. */
export interface OwnWork {
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Receives the trace id, for log lines of the caller. */
  readonly onTrace?: (traceId: string) => void;
}

/** Runs the work as a trace of its own, with its calls as child spans. */
export async function traceWork<T>(
  tracer: Tracer,
  { name, attributes, onTrace }: OwnWork,
  work: (watcher: AttemptWatcher | null) => Promise<T>,
): Promise<T> {
  if (!tracer.enabled) return await work(null);
  const span = tracer.startSpan(name, { kind: "consumer", parent: null, attributes });
  if (span.context !== null) onTrace?.(span.context.traceId);
  try {
    return await work(watchAttempts(tracer, span));
  } catch (thrown) {
    const error = toCartwayError(thrown);
    span.fail(error.code, causeOf(error));
    throw thrown;
  } finally {
    span.end();
  }
}
