import type { HeaderList } from "../http/header-list.ts";
import type { UpstreamFailure, UpstreamRequest, UpstreamTarget } from "./upstream.ts";

/** Observes every attempt at a target: in a traced request, each is a span of its own. */
export interface AttemptWatcher {
  /**
   * Called before an attempt is sent, with the request's own header fields, which it MAY modify (`traceparent`).
   * @returns a function that MUST be called once, with the attempt's result.
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
