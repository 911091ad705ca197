import { type AnyElysia, Elysia } from "elysia";
import { type HealthReport, type HealthSources, reportHealth } from "./health-report.ts";

export interface HealthRoutesOptions extends HealthSources {
  readonly now: () => number;
}

/** Requests within this time share a report, so that watching the page puts no load on the services. */
const sharedForMs = 500;

/** `GET /health`: 200 while the gateway can work, degraded or not; 503 where nothing behind it answers. */
export function createHealthRoutes(options: HealthRoutesOptions): AnyElysia {
  let report: Promise<HealthReport> | null = null;
  let askedAt = 0;

  function sharedReport(): Promise<HealthReport> {
    if (report === null || options.now() - askedAt > sharedForMs) {
      askedAt = options.now();
      report = reportHealth(options);
    }
    return report;
  }

  return new Elysia({ name: "gateway/health" }).get(
    "/health",
    async () => {
      const health = await sharedReport();
      return Response.json(health, {
        status: health.status === "unhealthy" ? 503 : 200,
        headers: { "cache-control": "no-store" },
      });
    },
    {
      detail: {
        summary: "Check every service and store behind the gateway, with latency",
        tags: ["operations"],
      },
    },
  );
}
