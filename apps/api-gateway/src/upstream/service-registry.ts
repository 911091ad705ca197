import { CartwayError } from "@libs/errors";
import type { Logger, Metrics } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import { HeaderList } from "../model/http/header-list.ts";
import type { Service, Services } from "../model/upstream/service.ts";
import type { ServiceAnswer, ServiceCall } from "../model/upstream/service-caller.ts";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import { createService, type RunningService } from "./create-service.ts";
import { DiscoveryPool, type DiscoveryPoolDeps } from "./discovery-pool.ts";
import { UnhealthyTargets } from "./health/unhealthy-targets.ts";
import type { ServiceDefinition } from "./service-schema.ts";
import { type Shared, SharedPool } from "../sharing/shared-pool.ts";
import { createServiceStandings, type ServiceStandings } from "./standing/service-standing.ts";
import { createTransport, type UpstreamClients } from "./transport.ts";

/**
 * What the snapshots share: a service, or what was discovered for one, lives on through a reload that leaves it as it was, and what is
 * known of a service and its targets is known through any.
 */
export interface ServicePools {
  readonly services: SharedPool<RunningService>;
  readonly discoveries: DiscoveryPool;
  readonly unhealthy: UnhealthyTargets;
  readonly standings: ServiceStandings;
}

export function createServicePools(
  deps: DiscoveryPoolDeps,
  discoveries = new DiscoveryPool(deps),
): ServicePools {
  return {
    services: new SharedPool((service) => service.dispose()),
    discoveries,
    unhealthy: new UnhealthyTargets(),
    standings: createServiceStandings(),
  };
}

export interface ServiceRegistryParts {
  readonly clients: UpstreamClients;
  readonly readSecret: ReadSecret;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly servicePools: ServicePools;
}

type Definitions = Readonly<Record<string, ServiceDefinition>>;

/** The default maximum of an answer that `call` reads into memory. */
const usualBytesMax = 8 * 1024 * 1024;

/** The services of one snapshot. `dispose` ends everything that it started and no other snapshot has taken over. */
export class ServiceRegistry implements Services {
  readonly #definitions: Definitions;
  readonly #parts: ServiceRegistryParts;
  readonly #services = new Map<string, Shared<RunningService>>();
  readonly #keys = new Map<string, string>();
  /** Functions that end the health checks requested by this registry. */
  readonly #checks: (() => void)[] = [];

  constructor(definitions: Definitions, parts: ServiceRegistryParts) {
    this.#definitions = definitions;
    this.#parts = parts;
    try {
      for (const id of Object.keys(definitions)) this.#acquire(id);
    } catch (thrown) {
      this.dispose();
      throw thrown;
    }
  }

  get(id: string): Service | undefined {
    return this.#services.get(id)?.value.service;
  }

  all(): readonly Service[] {
    return [...this.#services.values()].map(({ value }) => value.service);
  }

  async call(serviceId: string, call: ServiceCall): Promise<ServiceAnswer> {
    const {
      method,
      path,
      headers,
      body,
      signal,
      host = null,
      watcher = null,
      isHealthQuestion = false,
    } = call;
    const { deadline = Number.POSITIVE_INFINITY, answerBytesMax = usualBytesMax } = call;
    const service = this.get(serviceId);
    if (service === undefined) throw new CartwayError("internal", { internal: `no service ${serviceId}` });
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const answer = await service.send({
      method,
      path,
      headers: new HeaderList(Object.entries(headers).flat()),
      host,
      body: bytes,
      contentLength: bytes?.byteLength ?? null,
      timeouts: service.timeouts,
      abortable: { signal },
      deadline,
      exchange: null,
      isHealthQuestion,
      watcher,
      decisions: null,
    });
    return {
      status: answer.status,
      contentType: answer.headers.get("content-type"),
      headers: answer.headers,
      body: await readWhole(answer.body, answerBytesMax),
    };
  }

  /** No new requests will start; those in progress finish. */
  retire(): void {
    for (const end of this.#checks) end();
  }

  dispose(): void {
    this.retire();
    for (const { release } of this.#services.values()) release();
    this.#services.clear();
  }

  /** A service's fallback is made before it; the config's check has seen to it that no two are each other's. */
  #acquire(id: string): Service {
    const known = this.#services.get(id);
    if (known !== undefined) return known.value.service;
    const definition = this.#definitions[id];
    if (definition === undefined) throw new Error(`there is no service ${id}`);
    const other = definition.fallback?.service;
    const fallback = other === undefined ? null : this.#acquire(other);
    const { clients, readSecret, logger, metrics, servicePools } = this.#parts;
    const transport = createTransport(definition, clients, readSecret);
    // All that the service depends on, its fallback included: any change makes another one.
    const key = JSON.stringify([id, definition, transport.fingerprint, this.#keys.get(other ?? "") ?? null]);
    const shared = servicePools.services.acquire(key, () =>
      createService(id, definition, {
        transport,
        logger,
        metrics,
        fallback,
        clock: systemClock,
        random: Math.random,
        unhealthy: servicePools.unhealthy,
        standings: servicePools.standings,
        discover: (discovery, onTargets) => servicePools.discoveries.subscribe(id, discovery, onTargets),
      }),
    );
    this.#services.set(id, shared);
    this.#checks.push(shared.value.check());
    this.#keys.set(id, key);
    return shared.value.service;
  }
}

async function readWhole(
  body: Uint8Array | ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return requireWithin(body, body.byteLength, bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    chunks.push(requireWithin(chunk, bytes, bytesMax));
  }
  return Buffer.concat(chunks);
}

function requireWithin(chunk: Uint8Array, bytes: number, bytesMax: number): Uint8Array {
  if (bytes <= bytesMax) return chunk;
  throw new CartwayError("upstream_invalid", { internal: `an answer above ${bytesMax} bytes` });
}
