import type { Gateway } from "@apps/api-gateway";
import type { Ingestion } from "@apps/ingestion";
import type { App } from "@libs/elysia-server";
import { createMetrics, type Telemetry } from "@libs/monitoring";
import { buildGateway, startAuth } from "./build-gateway.ts";
import { buildAiEngine, buildFleet, buildIngestion, buildPrediction, urlOf } from "./build-services.ts";
import type { PlatformDeps, PlatformSettings } from "./platform-settings.ts";
import { Running } from "./running.ts";

export interface Platform extends Pick<App, "name" | "stop"> {
  readonly gateway: Gateway;
  readonly services: readonly App[];
}

/**
 * All apps of the platform, started in the order of their dependencies. Each listens on its own port and
 * reaches the others through it, as it would as a separate process. Rejects, leaving nothing running, where one cannot start.
 */
export async function startPlatform(settings: PlatformSettings, deps: PlatformDeps): Promise<Platform> {
  const running = new Running();
  try {
    const apps = await startApps(settings, deps, running);
    return { name: "cartway", ...apps, stop: () => running.stop() };
  } catch (thrown) {
    await running.stop();
    throw thrown;
  }
}

async function startApps(
  settings: PlatformSettings,
  deps: PlatformDeps,
  running: Running,
): Promise<Pick<Platform, "gateway" | "services">> {
  /** Opened before its app, so that it is closed after it. */
  const telemetryOf = (service: string): Telemetry => openTelemetry(service, { settings, deps, running });
  let ingestion: Ingestion | null = null;
  const readable = async (sessionIds?: readonly string[]): Promise<void> => ingestion?.readable(sessionIds);
  const prediction = await running.start(
    buildPrediction(settings, deps, { ...telemetryOf("prediction"), readable }),
  );
  const aiEngine = await running.start(buildAiEngine(settings, deps, telemetryOf("ai-engine")));
  const fleet = await running.start(buildFleet(settings, deps, telemetryOf("fleet")));
  const urls = { prediction: urlOf(prediction), aiEngine: urlOf(aiEngine) };
  ingestion = await running.start(buildIngestion(settings, deps, { ...telemetryOf("ingestion"), urls }));
  const telemetry = telemetryOf("api-gateway");
  const auth = await startAuth(settings, deps, telemetry);
  running.add(auth);
  const services = { ingestion, prediction, "ai-engine": aiEngine, fleet };
  const gateway = await running.start(buildGateway(settings, deps, { ...telemetry, auth, services }));
  return { gateway, services: Object.values(services) };
}

interface TelemetryParts {
  readonly settings: PlatformSettings;
  readonly deps: PlatformDeps;
  readonly running: Running;
}

function openTelemetry(
  service: string,
  { settings: { version, commit, metricsLinesMax }, deps: { logger, openTracer }, running }: TelemetryParts,
): Telemetry {
  const telemetry = {
    logger: logger.child({ app: service }),
    metrics: createMetrics({
      service,
      version,
      commit: commit ?? "unknown",
      linesMax: metricsLinesMax,
      // in the gateway's registry alone, because there is one process
      processMetrics: service === "api-gateway",
    }),
  };
  if (openTracer === undefined) return telemetry;
  const tracer = openTracer({ ...telemetry, service, version });
  running.add({ stop: () => tracer.close() });
  return { ...telemetry, tracer };
}
