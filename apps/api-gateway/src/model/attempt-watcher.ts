import type { HeaderList } from "./header-list.ts";
import type { UpstreamFailure, UpstreamRequest, UpstreamTarget } from "./upstream.ts";

/** Hears of every attempt to get an answer from a target: where a request is traced, each is a span of its own. */
export interface AttemptWatcher {
  /**
   * Called before an attempt is sent, with the request's own header fields, which it MAY write (`traceparent`).
   * @returns what MUST be called once, with what came of the attempt.
   */
  begin(attempt: WatchedAttempt): AttemptEnd;
}

export interface WatchedAttempt {
  readonly target: UpstreamTarget;
  readonly request: Pick<UpstreamRequest, "method" | "path"> & { readonly headers: HeaderList };
  /** 1 for the first. */
  readonly number: number;
}

export type AttemptEnd = (result: { readonly status: number } | UpstreamFailure) => void;
