import type { AttemptWatcher } from "./attempt-watcher.ts";
import type { HeaderList } from "./header-list.ts";

/** How the hub and the health page call a service of the config: through its pool, timeouts, retries and breaker. */
export interface ServiceCaller {
  /** Rejects with `CartwayError` only. The body is bounded by the service's limits. */
  call(serviceId: string, call: ServiceCall): Promise<ServiceAnswer>;
}

export interface ServiceCall {
  readonly method: string;
  readonly path: string;
  /** Identity headers and request id included by whoever calls. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  /** In place of the target's own. */
  readonly host?: string | null;
  /** Largest answer that is read into memory; 8 MiB where absent. */
  readonly answerBytesMax?: number;
  readonly signal: AbortSignal;
  /** `performance.now()` when the signal is aborted, where that is known: the service is told how long it has. */
  readonly deadline?: number;
  /** Told of each attempt, where the call is traced. */
  readonly watcher?: AttemptWatcher | null;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /** As received, without framing and hop-by-hop fields. */
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}
