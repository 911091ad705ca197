import { expect, test } from "bun:test";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import { checkedConfig, serviceAt } from "../../../test/support/start-gateway.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import { noTimings, type UpstreamCall, type UpstreamClient } from "../../model/upstream/upstream.ts";
import { createService } from "../create-service.ts";
import { UnhealthyTargets } from "../health/unhealthy-targets.ts";
import { createServiceStandings, ServiceStanding } from "../standing/service-standing.ts";
import { serviceRequest } from "../../../test/support/service-request.ts";
import { staticDiscovery } from "../../discovery/static.ts";

const answer = {
  status: 200,
  statusText: "",
  headers: new HeaderList(),
  body: null,
  contentLength: 0,
  trailers: null,
  ...noTimings,
};
const decayMs = 10_000;

/** Holds the first attempt, and calls `second` with the function that answers it once the hedge has been sent. */
function clientOf(second: (answerFirst: () => void) => void): UpstreamClient {
  let answerFirst: (() => void) | null = null;
  return {
    send: () => Promise.reject(new Error("nothing is checked")),
    sendFor<T>(call: UpstreamCall<T>): Promise<T> {
      const { promise, resolve } = Promise.withResolvers<T>();
      if (answerFirst === null) answerFirst = () => resolve(call.answered(answer));
      else second(answerFirst);
      return promise;
    },
    close: () => Promise.resolve(),
  };
}

test("a hedge that lost is as slow as it was under way, without the time before it was sent", async () => {
  let time = 1000;
  const client = clientOf((answerFirst) => {
    time += 2;
    answerFirst();
  });
  const targets = ["http://10.0.0.1", "http://10.0.0.2"];
  const balancer = { type: "least-rtt", decayMs };
  const definition = checkedConfig({
    services: { api: serviceAt(targets, { hedge: { afterMs: 1 }, balancer }) },
  }).services["api"];
  if (definition === undefined) throw new Error("there is a service");
  const logger = createMemoryLogger().logger;
  const metrics = createMetrics({ service: "test", processMetrics: false });
  const standings = createServiceStandings();
  const clock = { ...systemClock, now: () => time };
  const running = createService("api", definition, {
    transport: { client, fingerprint: "", target: (upstream) => upstream },
    logger,
    metrics,
    clock,
    random: () => {
      // the time until the hedge is sent
      time += 100;
      return 0;
    },
    unhealthy: new UnhealthyTargets(),
    standings,
    fallback: null,
    discover(_definition, onTargets) {
      const upstreams = targets.map((url) => ({ url, weight: 1 }));
      const deps = { service: "api", logger, metrics, clock, random: Math.random, readSecret: () => "" };
      const discovery = staticDiscovery.start({ targets: upstreams }, { ...deps, onTargets });
      return () => discovery.dispose();
    },
  });
  const { service } = running;
  await service.send(serviceRequest(service));
  const { value } = standings.acquire("api", () => new ServiceStanding());
  const latencies = value.targets.inUse().map((standing) => standing.latency(decayMs).valueAt(time));
  expect(Math.max(...latencies)).toBeGreaterThanOrEqual(100);
  expect(Math.min(...latencies)).toBe(2);
  running.dispose();
});
