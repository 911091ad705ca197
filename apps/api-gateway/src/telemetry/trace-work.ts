import { toCartwayError } from "@libs/errors";
import type { AttributeValue, Tracer } from "@libs/monitoring";
import type { AttemptWatcher } from "../model/attempt-watcher.ts";
import { causeOf, watchAttempts } from "./exchange-trace.ts";

/** Work of the gateway's own that no request began. */
export interface OwnWork {
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Told the trace, for the lines that its owner writes. */
  readonly onTrace?: (traceId: string) => void;
}

/** The work as a trace of its own; its calls are spans below it. */
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
