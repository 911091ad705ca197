import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What every line written during a request carries. One object a request: a later step (authentication) fills in the
 * tenant, and lines from then on have it.
 */
export interface LogContext {
  readonly requestId: string;
  tenantId?: string | null;
  /** The template of the route that serves it, or its id. */
  route?: string | null;
  /** Of the trace that the request is part of, where it is part of one. */
  traceId?: string | null;
}

const storage = new AsyncLocalStorage<LogContext>();

/**
 * Runs `work` so that everything logged inside it, however deep and however late, carries the context's fields.
 * @param given to `work`: what runs with every request needs no closure.
 */
export function runWithLogContext<T, A extends unknown[]>(
  context: LogContext,
  work: (...given: A) => T,
  ...given: A
): T {
  return storage.run(context, work, ...given);
}

/** Runs `work` outside of the request that caused it: for what is done for many, and is the doing of none. */
export function runWithoutLogContext<T>(work: () => T): T {
  return storage.exit(work);
}

/** The context of the request being served, `undefined` outside of one. */
export function currentLogContext(): LogContext | undefined {
  return storage.getStore();
}

/** The context's fields as a line carries them: those that are known, and no other that its object may have. */
export function currentLogFields(): Record<string, string> {
  const context = storage.getStore();
  if (context === undefined) return {};
  const { requestId, tenantId, route, traceId } = context;
  const fields: Record<string, string> = { requestId };
  if (tenantId) fields["tenantId"] = tenantId;
  if (route) fields["route"] = route;
  if (traceId) fields["traceId"] = traceId;
  return fields;
}
