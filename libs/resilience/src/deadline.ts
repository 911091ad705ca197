import { CartwayError, type ErrorCode } from "@libs/errors";

export interface DeadlineOptions {
  readonly ms: number;
  /** Whoever asked: when they leave, the work ends too. */
  readonly signal?: AbortSignal;
  /** What is thrown when time is up; `deadline_exceeded` by default. */
  readonly code?: ErrorCode;
}

/**
 * Gives work a bounded time. When it is up, or the caller leaves, the work's signal aborts and the promise rejects at once,
 * also where the work does not listen: with the deadline's error or with the caller's own reason. MUST reach every I/O inside.
 */
export async function withDeadline<T>(
  { ms, signal, code = "deadline_exceeded" }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    controller.abort(reason);
    ended.reject(reason);
  };
  const leave = (): void => end(signal?.reason);
  const timer = setTimeout(() => end(new CartwayError(code, { internal: `no end after ${ms} ms` })), ms);
  signal?.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work(controller.signal), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", leave);
  }
}
