import { type IncomingRequest, toRequest } from "@libs/http1";
import type { Auth } from "@libs/auth";
import {
  type App,
  type AppAddress,
  type AppServer,
  createElysiaServer,
  type ServerConfig,
  type Store,
} from "@libs/elysia-server";
import type { Sql } from "@libs/database";
import type { Broker, Publisher } from "@libs/messaging";
import { noopTracer, type Telemetry } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import type { Redis } from "ioredis";
import type { AdminSettings } from "./admin/create-admin.ts";
import { createAdminPort } from "./admin-port.ts";
import { createAccessParts } from "./access-parts.ts";
import { connectionLimitsOf } from "./connection-limits.ts";
import { createConfigReloader, type ReloadResult } from "./config-reloader.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { createClientScriptRoutes } from "./client-scripts/client-script-routes.ts";
import { createDataPlaneParts } from "./data-plane-parts.ts";
import { createDemoRoutes } from "./demo/demo-routes.ts";
import { createHealthRoutes } from "./health/health-routes.ts";
import { createHubParts, hubConfigOf } from "./hub-parts.ts";
import { describedPaths } from "./hub/http/described-paths.ts";
import { recordEndpoint } from "./http/record-endpoint.ts";
import { watchHub } from "./http/watch-hub.ts";
import { answerNotFound } from "./http/answer-not-found.ts";
import { createFleetDirectory } from "./identity/device-session/ask-fleet.ts";
import type { DeviceSessionDirectory } from "./model/device-sessions.ts";
import { publicStatus } from "./pipeline/config-status.ts";
import { ListenerCertificates } from "./listener/listener-certificates.ts";
import { fingerprintsOf } from "./pipeline/compile-web-socket.ts";
import { checkSocketLimits, createSocketHandlers, socketLimitsOf } from "./socket-handlers.ts";
import { OwnEndpoints } from "./routing/own-endpoints.ts";
import { clientAddress, peerAddress } from "./routing/client-address.ts";

export interface GatewaySettings extends ServerConfig {
  /** The admin port; none where absent. */
  readonly admin?: AdminSettings;
}

export interface GatewayDeps extends Telemetry {
  readonly now?: () => number;
  /** Milliseconds on a clock that never jumps, for limits; `performance.now` where absent. */
  readonly monotonicNow?: () => number;
  /** Asked by `/readyz` and told by `/health`. */
  readonly stores?: Readonly<Record<string, Store>>;
  /** The platform's own users, sessions and keys, started by whoever made it; its endpoints are served under `/auth`. */
  readonly auth?: Auth;
  /** The database of `auth`, where administrators are to manage it. */
  readonly sql?: Sql;
  /** The fleet service, where devices are to be known. */
  readonly devices?: DeviceSessionDirectory;
  /** For limits and tickets that hold over all instances. */
  readonly redis?: Redis | null;
  /** What carries frames between instances and services; in process where absent. Its owner closes it. */
  readonly broker?: Broker;
  /** Environment variables that the config's secrets may refer to. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Serves the demo shop at `/demo`. `idleMs` is told to it: after how long a cart counts as left. */
  readonly demo?: { readonly idleMs: number | null };
  /** Reads the config anew, where it can be reloaded: from its file, with its overlay. */
  readonly loadConfig?: () => Promise<GatewayConfig>;
  /** Told of each config that a reload has put in force. */
  readonly onConfig?: (config: GatewayConfig) => void;
  /** Endpoints of the gateway's own beside the data plane: sign-in, the demo. */
  readonly routes?: readonly AnyElysia[];
}

export interface Gateway extends App {
  /** Where administrators reach it; `null` where there is no admin port, and while it does not listen. */
  readonly adminAddress: AppAddress | null;
  /** The admin port as an app, for whoever brings its requests from elsewhere; `null` where there is none. */
  readonly admin: Pick<App, "fetch"> | null;
  /** Publishes to the hub's channels, for services in the same process. */
  readonly publisher: Publisher;
  /** Swaps to another checked config. Rejects, changing nothing, where it cannot be compiled. */
  reload(config: GatewayConfig): Promise<void>;
  /** Reads the config anew and swaps to it. Rejects with `not_implemented` where nobody said how to read it. */
  reloadConfig(reason: string): Promise<ReloadResult>;
}

/** The assembled gateway: the data plane takes what its routes match, Elysia serves the gateway's own endpoints. */
export function createGateway(config: GatewayConfig, settings: GatewaySettings, deps: GatewayDeps): Gateway {
  const { logger, metrics, tracer = noopTracer, now = Date.now } = deps;
  const services = () => plane.snapshots.current().services;
  const access = createAccessParts(
    {
      ...deps,
      devices: deps.devices ?? createFleetDirectory(services),
      services,
      signInConfig: () => plane.snapshots.current().config.signIn ?? null,
    },
    now,
  );
  const own = new OwnEndpoints({ hasSignIn: deps.auth !== undefined });
  const plane = createDataPlaneParts(config, { logger, metrics, tracer, access, own, now });
  const { snapshots, tunnels } = plane;
  const socketLimits = socketLimitsOf(config);
  const clientIp = (request: IncomingRequest, listener: AppServer): string =>
    clientAddress(request, listener, snapshots.current().proxies);
  const isPeerTrusted = (request: IncomingRequest, listener: AppServer): boolean =>
    snapshots.current().proxies.trusts(peerAddress(request, listener));
  const { limiters, caches, canaries, securityEvents } = access.policyDeps;
  const { current } = snapshots;
  const hub = createHubParts(config, {
    ...deps,
    current,
    clientIp,
    isPeerTrusted,
    securityEvents,
    limiters,
    now,
  });
  const { accessLog } = plane;
  const hubFront = watchHub({
    owns: (request) => hub.owns(request),
    handle: (request, listener, onRefused) => hub.handle(request, listener, onRefused),
    accessLog,
    tracer,
    clientIp,
  });
  const stores = deps.stores ?? {};
  const certificates = new ListenerCertificates(config.server.tls, {
    readSecret: access.policyDeps.readSecret,
    logger,
    metrics,
    replace: (tls) => server.replaceTls(tls),
  });
  const server = createElysiaServer({
    ...settings,
    ...(certificates.settings === null ? {} : { tls: certificates.settings }),
    name: "api-gateway",
    docsPaths: describedPaths,
    // a route that keeps /metrics from strangers must keep /metrics/ from them
    strictPaths: true,
    about: () => ({ config: publicStatus(snapshots.status) }),
    notFound: (request, requestId) => answerNotFound(snapshots.current(), request, requestId),
    logger,
    metrics,
    tracer,
    stores,
    // routes are served while Redis or PostgreSQL is away; each policy that needs one says what happens then
    staysReady: true,
    routes: [
      createHealthRoutes({ current: snapshots.current, stores, now }),
      ...access.routes,
      createClientScriptRoutes(),
      ...(deps.demo === undefined ? [] : [createDemoRoutes(deps.demo)]),
      ...(deps.routes ?? []),
    ],
    front(request, listener) {
      const answer = hubFront(request, listener);
      if (answer !== null) return answer;
      const own = plane.handle(request, listener);
      if (own === null) access.noteAddress(toRequest(request), clientIp(request, listener));
      return own;
    },
    onServed: (served) => recordEndpoint(accessLog, served, access.addressOf(toRequest(served.request))),
    websocket: {
      handlers: createSocketHandlers(hub.websocket, socketLimits),
      maxConnections: hubConfigOf(config).limits.maxConnections,
      drain: async () => void (await Promise.all([hub.drain(), tunnels.drain()])),
    },
    connectionLimits: () => connectionLimitsOf(current().config),
    // Each route has its own limit; this is the most that any route may set.
    listenerBodyBytesMax: 2 ** 40,
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
  const reloader = createConfigReloader({
    load: deps.loadConfig ?? null,
    async apply(next) {
      checkSocketLimits(socketLimits, next);
      certificates.check(next.server.tls);
      await snapshots.reload(next);
      deps.auth?.roles.replace(next.roles);
      certificates.reload(next.server.tls);
      hub.reload(hubConfigOf(next));
      await tunnels.reload(fingerprintsOf(snapshots.current().routes));
      deps.onConfig?.(next);
    },
    snapshots,
    logger,
  });
  const admin = createAdminPort(settings, {
    ...deps,
    snapshots,
    reloadConfig: reloader.reload,
    hub: hub.context,
    limiters,
    caches,
    canaries,
    securityEvents,
    refusals: plane.refusals,
    watch: plane.watch,
    stores,
    now,
  });

  async function stop(): Promise<void> {
    await server.stop();
    await admin?.stop();
  }

  return {
    name: server.name,
    fetch: (request, listener) => server.fetch(request, listener),
    get address() {
      return server.address;
    },
    get adminAddress() {
      return admin?.address ?? null;
    },
    async start() {
      try {
        await admin?.start();
        await server.start();
      } catch (thrown) {
        await stop();
        throw thrown;
      }
    },
    admin,
    publisher: hub.publisher,
    stop,
    reload: reloader.apply,
    reloadConfig: reloader.reload,
  };
}
