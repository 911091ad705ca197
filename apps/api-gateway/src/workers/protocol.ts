import type { AppAddress } from "@libs/elysia-server";
import type { GatewayConfig } from "../config/schema.ts";
import type { ReloadResult } from "../config/reload/config-reloader.ts";
import type { RelayedAnswer, RelayedRequest } from "./relayed-request.ts";

/** Tasks of a worker, called by the supervisor. */
export type WorkerTasks = {
  /** Whether its loop turns. */
  readonly ping: { readonly asked: null; readonly answer: null };
  /** Drains and ends; idempotent. */
  readonly stop: { readonly asked: null; readonly answer: null };
  readonly reload: { readonly asked: { readonly reason: string }; readonly answer: ReloadResult };
  /** Its own metrics, in the text format. */
  readonly metrics: { readonly asked: null; readonly answer: string };
  /** To answer a request of the admin port. */
  readonly admin: { readonly asked: RelayedRequest; readonly answer: RelayedAnswer };
};

/** Tasks of the supervisor, called by a worker. */
export type SupervisorTasks = {
  /** The config to run: that of the other workers, or `null` if there is none and the file is to be read. */
  readonly config: { readonly asked: null; readonly answer: GatewayConfig | null };
  /** That it listens now. */
  readonly up: { readonly asked: AppAddress; readonly answer: null };
  /** What it runs, each time that this has changed. */
  readonly runs: { readonly asked: GatewayConfig; readonly answer: null };
  /** That it has drained, and what its metrics were last. */
  readonly drained: { readonly asked: { readonly metrics: string }; readonly answer: null };
  /** The metrics of all workers together, in the text format. */
  readonly metrics: { readonly asked: null; readonly answer: string };
};
