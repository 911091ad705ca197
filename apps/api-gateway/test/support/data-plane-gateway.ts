import { createMemoryLogger, createMetrics, type MemoryLogger, type Metrics } from "@libs/monitoring";
import { createGateway, type Gateway } from "../../src/build-gateway.ts";
import { checkConfig } from "../../src/config/check-config.ts";
import type { GatewayConfig } from "../../src/config/schema.ts";

export interface DataPlaneGateway {
  readonly gateway: Gateway;
  readonly url: string;
  readonly port: number;
  readonly log: MemoryLogger;
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

/** A checked config, or an error that names all that is wrong with it. */
export function configOf(value: object): GatewayConfig {
  const checked = checkConfig({ version: 1, ...value });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  return checked.config;
}

/** A real gateway on a free port, without any store. */
export async function startDataPlane(config: object): Promise<DataPlaneGateway> {
  const log = createMemoryLogger();
  const metrics = createMetrics({ service: "api-gateway", processMetrics: false });
  const gateway = createGateway(
    configOf(config),
    { port: 0, hostname: "127.0.0.1", version: "test" },
    { logger: log.logger, metrics, demo: { idleMs: 1000 } },
  );
  await gateway.start();
  const port = gateway.address?.port ?? 0;
  return { gateway, port, log, metrics, url: `http://127.0.0.1:${port}`, stop: () => gateway.stop() };
}
