import { createMemoryLogger, createMetrics, createTracer, type TracerOptions } from "@libs/monitoring";
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from "@libs/testing";
import type { GatewayDeps } from "../../src/build-gateway.ts";
import { type RunningGateway, startGateway } from "./start-gateway.ts";

export interface TracedGateway extends AsyncDisposable {
  readonly gateway: RunningGateway;
  readonly collector: OtlpCollector;
  /** Ends the gateway and its tracer: every span that there will be. */
  finish(): Promise<readonly CollectedSpan[]>;
}

export interface TracedOptions {
  readonly tracer?: Partial<TracerOptions>;
  readonly deps?: Partial<GatewayDeps>;
  readonly collector?: OtlpCollector;
}

/** A gateway whose spans are sent to a collector on a real socket, with every trace sampled. */
export async function startTracedGateway(
  config: object,
  options: TracedOptions = {},
): Promise<TracedGateway> {
  const collector = options.collector ?? startOtlpCollector();
  const tracer = createTracer({
    service: "api-gateway",
    endpoint: collector.url,
    sampleRatio: 1,
    logger: createMemoryLogger().logger,
    metrics: createMetrics({ service: "spans", processMetrics: false }),
    ...options.tracer,
  });
  const gateway = await startGateway(config, { tracer, ...options.deps });
  return {
    gateway,
    collector,
    async finish() {
      await gateway.gateway.stop();
      await tracer.close();
      return collector.spans.all;
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await tracer.close();
      await collector[Symbol.asyncDispose]();
    },
  };
}
