import { messageOf } from "@libs/errors";

/** Whether a store answers, and how fast. */
export interface StoreHealth {
  readonly status: "up" | "down";
  readonly latencyMs: number;
  /** For logs and operators, never for callers. */
  readonly error?: string;
}

/** Times one probe. Never rejects; a probe that exceeds `deadlineMs` counts as down. */
export async function measureHealth(probe: () => Promise<unknown>, deadlineMs = 2000): Promise<StoreHealth> {
  const startedAt = performance.now();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
  try {
    await Promise.race([probe(), expired]);
    return { status: "up", latencyMs: performance.now() - startedAt };
  } catch (thrown) {
    const error = messageOf(thrown);
    return { status: "down", latencyMs: performance.now() - startedAt, error };
  } finally {
    clearTimeout(timer);
  }
}
