import { createElysiaServer, type ElysiaServer, type ServerConfig, type Store } from "@libs/elysia-server";
import { toRequest } from "@libs/http1";
import type { Telemetry, Tracer } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import { createClientScriptRoutes } from "../client-scripts/client-script-routes.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { createDemoRoutes } from "../demo/demo-routes.ts";
import { createHealthRoutes } from "../health/health-routes.ts";
import { answerNotFound } from "../http/answer-not-found.ts";
import { recordEndpoint } from "../http/record-endpoint.ts";
import { watchHub } from "../http/watch-hub.ts";
import type { Hub } from "../hub/create-hub.ts";
import { describedPaths } from "../hub/http/described-paths.ts";
import type { ListenerCertificates } from "../listener/listener-certificates.ts";
import { publicStatus } from "../pipeline/config-status.ts";
import type { AccessParts } from "./access-parts.ts";
import type { ClientAddressing } from "./client-addressing.ts";
import { bodyRateOf, connectionLimitsOf } from "./connection-limits.ts";
import type { DataPlaneParts } from "./data-plane-parts.ts";
import { hubConfigOf } from "./hub-parts.ts";
import { createSocketHandlers, socketLimitsOf } from "./socket-handlers.ts";

export interface GatewayServerParts extends Telemetry {
  readonly tracer: Tracer;
  readonly now: () => number;
  /** Checked by `/readyz`, and reported by `/health`. */
  readonly stores: Readonly<Record<string, Store>>;
  readonly access: AccessParts;
  readonly plane: DataPlaneParts;
  readonly hub: Hub;
  readonly certificates: ListenerCertificates;
  readonly client: ClientAddressing;
  readonly demo?: { readonly idleMs: number | null };
  readonly routes?: readonly AnyElysia[];
}

/** Higher than any route's limit (`bodyBytesMax` of its schema), which is the effective one. */
const listenerBodyBytesMax = 2 ** 40;

/**
 * The gateway's listener: dispatches requests to the hub, the data plane or Elysia, and starts and stops everything with its lifetime.
 */
export function createGatewayServer(
  config: GatewayConfig,
  settings: ServerConfig,
  parts: GatewayServerParts,
): ElysiaServer {
  const { logger, metrics, tracer, now, stores, access, plane, hub, certificates, client } = parts;
  const { snapshots, accessLog, tunnels } = plane;
  const { current } = snapshots;
  const { clientIp } = client;
  const answerHub = watchHub({
    owns: (request) => hub.owns(request),
    handle: (request, listener, onRefused) => hub.handle(request, listener, onRefused),
    accessLog,
    tracer,
    clientIp,
  });
  return createElysiaServer({
    ...settings,
    ...(certificates.settings === null ? {} : { tls: certificates.settings }),
    name: "api-gateway",
    docsPaths: describedPaths,
    // a route that protects /metrics must also protect /metrics/
    strictPaths: true,
    about: () => ({ config: publicStatus(snapshots.status) }),
    notFound: (request, requestId) => answerNotFound(current(), request, requestId),
    logger,
    metrics,
    tracer,
    stores,
    // routes are served without Redis or PostgreSQL; each policy that needs one defines what happens during an outage
    staysReady: true,
    routes: [
      createHealthRoutes({ current, stores, now }),
      ...access.routes,
      createClientScriptRoutes(),
      ...(parts.demo === undefined ? [] : [createDemoRoutes(parts.demo)]),
      ...(parts.routes ?? []),
    ],
    front(request, listener) {
      // `undefined` is an answer too: the request was upgraded to a WebSocket
      const fromHub = answerHub(request, listener);
      if (fromHub !== null) return fromHub;
      const fromRoute = plane.handle(request, listener);
      if (fromRoute === null) access.noteAddress(toRequest(request), clientIp(request, listener));
      return fromRoute;
    },
    onServed: (served) => recordEndpoint(accessLog, served, access.addressOf(toRequest(served.request))),
    websocket: {
      handlers: createSocketHandlers(hub.websocket, socketLimitsOf(config)),
      maxConnections: hubConfigOf(config).limits.maxConnections,
      drain: async () => void (await Promise.all([hub.drain(), tunnels.drain()])),
    },
    connectionLimits: () => connectionLimitsOf(current().config),
    bodyRate: () => bodyRateOf(current().config),
    listenerBodyBytesMax,
    idleTimeoutSeconds: 255,
    async onStart() {
      certificates.start();
      await hub.start();
    },
    async onStop() {
      certificates.stop();
      await hub.dispose();
      await plane.dispose();
    },
  });
}
