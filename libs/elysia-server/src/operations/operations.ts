import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import { Elysia } from "elysia";
import type { Readiness } from "./readiness.ts";

interface BuildInfo {
  readonly name: string;
  readonly version: string;
  /** Of the source that was built; `unknown` if not set. */
  readonly commit: string;
  /** ISO 8601; `unknown` if not set. */
  readonly builtAt: string;
}

export interface OperationsOptions {
  readonly build: BuildInfo;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  /** Further fields of `/version`, evaluated on each request. Public. */
  readonly about?: (() => Readonly<Record<string, unknown>>) | undefined;
}

const tags = ["operations"];

/** The endpoints for orchestrators, load balancers and Prometheus, the same in every app. */
export function createOperations({ build, readiness, metrics, about }: OperationsOptions) {
  const version = { ...build, bun: Bun.version };

  async function renderMetrics(): Promise<Response> {
    return new Response(await metrics.stream(), { headers: { "content-type": metrics.contentType } });
  }

  async function answerReadiness(): Promise<object> {
    const { ready, draining, stores } = await readiness.check();
    if (draining) throw new CartwayError("shutting_down", { retryAfterSeconds: 1 });
    if (!ready) throw new CartwayError("store_unavailable", { details: { stores }, retryAfterSeconds: 1 });
    return { status: "ready", stores };
  }

  return new Elysia({ name: "cartway/operations" })
    .get("/healthz", () => ({ status: "alive" }), {
      detail: { tags, summary: "Check that the process is alive" },
    })
    .get("/readyz", () => answerReadiness(), {
      detail: {
        tags,
        summary: "Check that the app can serve: 503 until its stores respond, and while it drains",
      },
    })
    .get("/version", () => ({ ...version, ...about?.() }), {
      detail: { tags, summary: "Get the running version" },
    })
    .get("/metrics", () => renderMetrics(), { detail: { tags, summary: "Prometheus metrics" } });
}
