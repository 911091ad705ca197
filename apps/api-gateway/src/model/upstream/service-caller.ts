import type { AttemptWatcher } from "./attempt-watcher.ts";
import type { HeaderList } from "../http/header-list.ts";

/** Calls services of the config for the hub and the health page, with their pools, timeouts, retries and breakers. */
export interface ServiceCaller {
  /** Rejects with `CartwayError` only. The body is bounded by the service's limits. */
  call(serviceId: string, call: ServiceCall): Promise<ServiceAnswer>;
}

export interface ServiceCall {
  readonly method: string;
  readonly path: string;
  /** MUST include identity headers and request id where needed: none are added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** Overrides the target's own Host. */
  readonly host?: string | null;
  /** Bound on the answer, which is read into memory; 8 MiB by default. */
  readonly answerBytesMax?: number;
  readonly signal: AbortSignal;
  /** The `performance.now()` at which the signal aborts, where known: the service is told how much time remains. */
  readonly deadline?: number;
  /**
   * Whether it only asks how the service is: no fallback answers in its place, and the answer decides nothing about targets, be it for
   * breakers, balancing or outlier detection.
   */
  readonly isHealthQuestion?: boolean;
  /** Observes each attempt, where the call is traced. */
  readonly watcher?: AttemptWatcher | null;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /** As received, without framing and hop-by-hop fields. */
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}
