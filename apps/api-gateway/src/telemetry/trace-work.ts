import { toCartwayError } from "@libs/errors";
import type { AttributeValue, Tracer } from "@libs/monitoring";
import type { AttemptWatcher } from "../model/attempt-watcher.ts";
import { causeOf, watchAttempts } from "./exchange-trace.ts";

/** Work of the gateway's own that no request began, as a trace of its own; its calls are spans below it. */
export async function traceWork<T>(
  tracer: Tracer,
  name: string,
  attributes: Readonly<Record<string, AttributeValue>>,
  work: (watcher: AttemptWatcher | null) => Promise<T>,
): Promise<T> {
  if (!tracer.enabled) return await work(null);
  const span = tracer.startSpan(name, { kind: "consumer", parent: null, attributes });
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
