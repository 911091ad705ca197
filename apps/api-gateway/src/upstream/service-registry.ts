import { CartwayError } from "@libs/errors";
import type { Logger, Metrics } from "@libs/monitoring";
import { HeaderList } from "../model/header-list.ts";
import type { ServiceAnswer, ServiceCall } from "../model/service-caller.ts";
import type { UpstreamClient } from "../model/upstream.ts";
import type { DiscoveryDeps } from "../discovery/discovery.ts";
import { discoveries } from "../discovery/registry.ts";
import type { Balancer } from "./balancing/balancer.ts";
import { balancers } from "./balancing/registry.ts";
import { startActiveChecks } from "./health/active-checks.ts";
import type { Service, Services } from "../model/service.ts";
import { PooledService } from "./service.ts";
import type { ServiceDefinition } from "./service-schema.ts";
import { createServiceMetrics } from "./service-metrics.ts";
import { createTarget, type Target } from "./target.ts";

export interface ServiceRegistryParts {
  readonly client: UpstreamClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Largest answer that `call` reads into memory. */
const answerBytesMax = 8 * 1024 * 1024;

/** The services of one snapshot. Owns their checks, which end with `dispose`. */
export class ServiceRegistry implements Services {
  readonly #services = new Map<string, Service>();
  readonly #disposals: (() => void)[] = [];

  constructor(definitions: Readonly<Record<string, ServiceDefinition>>, parts: ServiceRegistryParts) {
    for (const [id, definition] of Object.entries(definitions)) this.#add(id, definition, parts);
  }

  get(id: string): Service | undefined {
    return this.#services.get(id);
  }

  all(): readonly Service[] {
    return [...this.#services.values()];
  }

  async call(
    serviceId: string,
    { method, path, headers, body, signal, watcher = null }: ServiceCall,
  ): Promise<ServiceAnswer> {
    const service = this.#services.get(serviceId);
    if (service === undefined) throw new CartwayError("internal", { internal: `no service ${serviceId}` });
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const answer = await service.send({
      method,
      path,
      headers: new HeaderList(Object.entries(headers).flat()),
      host: null,
      body: bytes,
      contentLength: bytes?.byteLength ?? null,
      timeouts: service.timeouts,
      abortable: { signal },
      deadline: Number.POSITIVE_INFINITY,
      exchange: null,
      watcher,
      decisions: null,
    });
    return {
      status: answer.status,
      contentType: answer.headers.get("content-type"),
      body: await readWhole(answer.body),
    };
  }

  dispose(): void {
    for (const end of this.#disposals) end();
  }

  #add(id: string, definition: ServiceDefinition, { client, logger, metrics }: ServiceRegistryParts): void {
    const serviceMetrics = createServiceMetrics(metrics, id);
    const targets: Target[] = [];
    this.#disposals.push(discover(definition.discovery, targets, { service: id, logger, metrics }));
    const { timeouts, retry, connectionsMax } = definition;
    const { totalMs } = timeouts;
    this.#services.set(
      id,
      new PooledService(
        { id, timeouts, totalMs, retry, inFlightMax: connectionsMax },
        { targets, balancer: createBalancer(definition.balancer), client, metrics: serviceMetrics },
      ),
    );
    if (definition.health === undefined) return;
    this.#disposals.push(
      startActiveChecks(definition.health, { service: id, targets, client, metrics: serviceMetrics, logger }),
    );
  }
}

function discover(
  { type, ...config }: ServiceDefinition["discovery"],
  targets: Target[],
  deps: Omit<DiscoveryDeps, "onTargets">,
): () => void {
  const definition = discoveries[type];
  if (definition === undefined) throw new Error(`there is no discovery ${type}`);
  const discovery = definition.start(config, {
    ...deps,
    onTargets(found) {
      targets.splice(
        0,
        targets.length,
        ...found.map(({ upstream, weight }) => createTarget(upstream, weight)),
      );
    },
  });
  return () => discovery.dispose();
}

function createBalancer({ type, ...config }: ServiceDefinition["balancer"]): Balancer {
  const definition = balancers[type];
  if (definition === undefined) throw new Error(`there is no balancer ${type}`);
  return definition.create(config);
}

async function readWhole(body: Uint8Array | ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  if (!(body instanceof ReadableStream)) return body ?? new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax)
      throw new CartwayError("upstream_invalid", { internal: "the answer is too large" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
