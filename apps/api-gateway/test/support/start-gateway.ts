import { createMemoryLogger, createMetrics, type MemoryLogger, type Metrics } from "@libs/monitoring";
import { createGateway, type Gateway, type GatewayDeps } from "../../src/build-gateway.ts";
import { checkConfig } from "../../src/config/check-config.ts";
import type { GatewayConfig } from "../../src/config/schema.ts";

/** A config, checked as the loader checks it. @throws Error with the issues. */
export function checkedConfig(config: object): GatewayConfig {
  const result = checkConfig({ version: 1, ...config });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.config;
}

/** A service at fixed addresses. `url` may carry a weight: `{ url, weight }`. */
export function serviceAt(targets: string | readonly (string | object)[], more: object = {}): object {
  const list = typeof targets === "string" ? [targets] : targets;
  const entries = list.map((target) => (typeof target === "string" ? { url: target } : target));
  return { discovery: { type: "static", targets: entries }, ...more };
}

export interface RunningGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly url: string;
  readonly port: number;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
}

/** A complete gateway on a free port, without users: `await using gateway = await startGateway({ services, routes })`. */
export async function startGateway(config: object, deps: Partial<GatewayDeps> = {}): Promise<RunningGateway> {
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "api-gateway", processMetrics: false });
  const gateway = createGateway(
    checkedConfig(config),
    { port: 0, hostname: "127.0.0.1", version: "0.0.0" },
    { logger: log.logger, metrics, ...deps },
  );
  await gateway.start();
  const { url = "", port = 0 } = gateway.address ?? {};
  return { gateway, url, port, log, metrics, [Symbol.asyncDispose]: () => gateway.stop() };
}

/** A gateway with one service `api` and one route `all` that sends everything there. */
export function startGatewayTo(
  target: string,
  route: object = {},
  service: object = {},
  deps: Partial<GatewayDeps> = {},
): Promise<RunningGateway> {
  return startGateway(
    {
      services: { api: serviceAt(target, service) },
      routes: [{ id: "all", match: { path: "/*" }, service: "api", ...route }],
    },
    deps,
  );
}
