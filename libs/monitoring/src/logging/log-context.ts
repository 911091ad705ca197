import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What every line written during a request carries. One object a request: a later step (authentication) fills in the
 * tenant, and lines from then on have it.
 */
export interface LogContext {
  readonly requestId: string;
  tenantId?: string;
  /** The template of the route that serves it. */
  route?: string;
  /** Of the trace that the request is part of, where it is part of one. */
  traceId?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Runs `work` so that everything logged inside it, however deep and however late, carries the context's fields. */
export function runWithLogContext<T>(context: LogContext, work: () => T): T {
  return storage.run(context, work);
}

/** The context of the request being served, `undefined` outside of one. */
export function currentLogContext(): LogContext | undefined {
  return storage.getStore();
}
