import { createRequestMetrics } from "@libs/elysia-server";
import { noopTracer, type Telemetry } from "@libs/monitoring";
import { systemClock } from "@libs/resilience";
import type { AccessParts } from "./access-parts.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { type AccessLog, createAccessLog } from "../http/access-log.ts";
import { createRequestHandler, type RequestHandler } from "../http/handle-request.ts";
import { noteRefusals } from "../http/note-refusals.ts";
import { noteWatched } from "../http/note-watched.ts";
import { createExchangeRecorder } from "../http/record-exchange.ts";
import { SlowReaders } from "../http/slow-readers.ts";
import type { OwnEndpoints } from "../routing/own-endpoints.ts";
import { SnapshotHolder } from "../pipeline/snapshot-holder.ts";
import { createPolicyTallies } from "../telemetry/policy-tallies.ts";
import { ExchangeWatch } from "../telemetry/exchange-watch.ts";
import { RecentRefusals } from "../telemetry/recent-refusals.ts";
import { createFetchClient } from "../upstream/client/fetch-client.ts";
import { createHttp1Client } from "../upstream/client/http1-client.ts";
import { createInProcessClient, type InProcessServices } from "../upstream/client/in-process-client.ts";
import { createServicePools } from "../upstream/service-registry.ts";
import { Tunnels } from "../upstream/websocket/tunnels.ts";

export interface DataPlaneDeps extends Telemetry {
  readonly access: AccessParts;
  readonly own: OwnEndpoints;
  readonly now: () => number;
  readonly inProcess?: InProcessServices | undefined;
}

export interface DataPlaneParts {
  readonly snapshots: SnapshotHolder;
  readonly handle: RequestHandler;
  readonly accessLog: AccessLog;
  /** Shown by the admin port. */
  readonly refusals: RecentRefusals;
  readonly watch: ExchangeWatch;
  /** WebSockets tunneled to services, which outlive snapshots. */
  readonly tunnels: Tunnels;
  dispose(): Promise<void>;
}

const refusalsKept = 1000;

/** Creates the handler of routed requests, and the parts of it that persist across reloads. */
export function createDataPlaneParts(config: GatewayConfig, deps: DataPlaneDeps): DataPlaneParts {
  const { access, logger, metrics, tracer = noopTracer, now } = deps;
  const { readSecret } = access.policyDeps;
  const http1 = createHttp1Client();
  const { inProcess } = deps;
  const clients = {
    http1: inProcess === undefined ? http1 : createInProcessClient(inProcess, http1),
    http2: createFetchClient("h2"),
  };
  const pools = { logger, metrics, clock: systemClock, random: Math.random, readSecret };
  const snapshots = new SnapshotHolder(config, {
    clients,
    servicePools: createServicePools(pools),
    logger,
    metrics,
    policyDeps: { logger, metrics, now, ...access.policyDeps },
    identityPool: access.identityPool,
    own: deps.own,
    policyTallies: createPolicyTallies(metrics),
    instanceId: crypto.randomUUID().slice(0, 8),
  });
  const { current } = snapshots;
  const accessLog = createAccessLog({ logger, settings: () => current().config.server.accessLog });
  const refusals = new RecentRefusals(refusalsKept);
  const watch = new ExchangeWatch(() => performance.now());
  const ended = createExchangeRecorder(accessLog, createRequestMetrics(metrics));
  const recorder = noteWatched(noteRefusals(ended, refusals, now), watch, now);
  const tunnels = new Tunnels(now);
  const timeoutMs = (): number => current().config.server.sendTimeoutMs;
  const slowReaders = new SlowReaders({ metrics, timeoutMs });
  return {
    snapshots,
    handle: createRequestHandler({ current, recorder, watch, tracer, tunnels, slowReaders }),
    accessLog,
    refusals,
    watch,
    tunnels,
    async dispose() {
      tunnels.dispose();
      await snapshots.close();
      await Promise.all([clients.http1.close(), clients.http2.close()]);
    },
  };
}
