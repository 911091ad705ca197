import { median } from "@libs/measuring";
import { createLogger, createMetrics } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import { checkConfig } from "../../apps/api-gateway/src/config/check-config.ts";
import { HeaderList } from "../../apps/api-gateway/src/model/http/header-list.ts";
import type { Service } from "../../apps/api-gateway/src/model/upstream/service.ts";
import type { UpstreamClient, UpstreamResponse } from "../../apps/api-gateway/src/model/upstream/upstream.ts";
import { createServicePools, ServiceRegistry } from "../../apps/api-gateway/src/upstream/service-registry.ts";

const rounds = 5;
const requests = 200_000;

const targets = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ url: `http://10.0.${index >> 8}.${index & 255}:80` }));
const service = (count: number, more: object = {}) => ({
  discovery: { type: "static", targets: targets(count) },
  ...more,
});

/** One feature at a time, against the plain service. */
const services = {
  "plain, 3 targets": service(3),
  "plain, 1,000 targets": service(1000),
  retries: service(3, { retry: { attemptsMax: 2 } }),
  breakers: service(3, { breaker: { service: {}, target: {} } }),
  outliers: service(3, { outliers: {} }),
  "least-rtt": service(3, { balancer: { type: "least-rtt" } }),
  hedge: service(3, { hedge: { afterMs: 100 } }),
};

/** A target that answers at once: what remains is the step's own work. */
const client: UpstreamClient = {
  send: () => Promise.resolve(readyAnswer()),
  sendFor: (call) => Promise.resolve(call.answered(readyAnswer())),
  close: () => Promise.resolve(),
};

function readyAnswer(): UpstreamResponse {
  return {
    status: 200,
    statusText: "OK",
    headers: new HeaderList(["content-type", "text/plain"]),
    body: new Uint8Array(10),
    contentLength: 10,
    trailers: null,
    connectMs: 0,
    firstByteMs: 1,
    reused: true,
  };
}

/** The cost of the step from a route to its service's answer, with each feature switched on separately. */
export async function measureSteps(): Promise<void> {
  const checked = checkConfig({ version: 1, services: { ...services } });
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues));
  const logger = createLogger({ name: "bench", level: "silent" });
  const metrics = createMetrics({ service: "bench", processMetrics: false });
  const readSecret = (): string => "";
  const deps = { logger, metrics, readSecret };
  const servicePools = createServicePools({ ...deps, clock: systemClock, random: Math.random });
  const clients = { http1: client, http2: client };
  const registry = new ServiceRegistry(checked.config.services, { ...deps, clients, servicePools });
  console.log("service                 ns of CPU a request");
  for (const one of registry.all()) {
    await send(one, requests / 4);
    const costs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const before = process.cpuUsage();
      await send(one, requests);
      const { user, system } = process.cpuUsage(before);
      costs.push(((user + system) * 1000) / requests);
    }
    console.log(`${one.id.padEnd(22)} ${median(costs).toFixed(0).padStart(20)}`);
  }
}

async function send(service: Service, count: number): Promise<void> {
  const { signal } = new AbortController();
  for (let number = 0; number < count; number += 1) {
    await service.send({
      method: "GET",
      path: "/",
      headers: new HeaderList(["host", "shop.test", "accept", "*/*"]),
      host: null,
      body: null,
      contentLength: null,
      timeouts: service.timeouts,
      abortable: { signal },
      deadline: Number.POSITIVE_INFINITY,
      exchange: null,
      watcher: null,
      decisions: null,
    });
  }
}
