import { CartwayError } from "@libs/errors";
import type { Logger, Metrics } from "@libs/monitoring";
import { HeaderList } from "../model/header-list.ts";
import type { ServiceAnswer, ServiceCall, ServiceCaller } from "../model/service-caller.ts";
import type { UpstreamClient } from "../model/upstream.ts";
import { balancers } from "./balancing/registry.ts";
import { type ActiveCheckSettings, startActiveChecks } from "./health/active-checks.ts";
import { type RetrySettings, Service } from "./service.ts";
import { createServiceMetrics } from "./service-metrics.ts";
import { createTarget } from "./target.ts";

/** A service as the config describes it. */
export interface ServiceDefinition {
  readonly discovery: { readonly targets: readonly { readonly url: string; readonly weight: number }[] };
  readonly balancer: { readonly type: keyof typeof balancers };
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
  readonly retry: RetrySettings;
  readonly health?: ActiveCheckSettings | undefined;
  readonly connectionsMax: number;
}

export interface ServiceRegistryParts {
  readonly client: UpstreamClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Largest answer that `call` reads into memory. */
const answerBytesMax = 8 * 1024 * 1024;

/** The services of one snapshot. Owns their checks, which end with `dispose`. */
export class ServiceRegistry implements ServiceCaller {
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
    { method, path, headers, body, signal }: ServiceCall,
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
      signal,
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
    const targets = definition.discovery.targets.map(({ url, weight }) => createTarget(url, weight));
    const serviceMetrics = createServiceMetrics(metrics, id);
    const { timeouts, retry, connectionsMax } = definition;
    this.#services.set(
      id,
      new Service(
        { id, timeouts, retry, inFlightMax: connectionsMax },
        { targets, balancer: balancers[definition.balancer.type](), client, metrics: serviceMetrics },
      ),
    );
    if (definition.health === undefined) return;
    this.#disposals.push(
      startActiveChecks(definition.health, { service: id, targets, client, metrics: serviceMetrics, logger }),
    );
  }
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
