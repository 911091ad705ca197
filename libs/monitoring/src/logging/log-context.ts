import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Fields added to every line that is written during a request. One mutable object per request: authentication sets the tenant, which
 * later lines then include.
 */
export interface LogContext {
  readonly requestId: string;
  tenantId?: string | null;
  /** The template of the route, or its id. */
  route?: string | null;
  /** The request's trace, if any. */
  traceId?: string | null;
}

const storage = new AsyncLocalStorage<LogContext>();

/**
 * Runs `work` so that every line logged inside it, synchronously or later, has the context's fields.
 * @param given is passed to `work`, which saves a closure per request.
 */
export function runWithLogContext<T, A extends unknown[]>(
  context: LogContext,
  work: (...given: A) => T,
  ...given: A
): T {
  return storage.run(context, work, ...given);
}

/** Runs `work` outside the current request's context: for shared work that no single request causes. */
export function runWithoutLogContext<T>(work: () => T): T {
  return storage.exit(work);
}

/** The current request's context; `undefined` outside one. */
export function currentLogContext(): LogContext | undefined {
  return storage.getStore();
}

/** The context's fields for a line: only the known ones, whatever else the object holds. */
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
