import type { Auth } from "@libs/auth";
import type { App, AppAddress, ElysiaServer, ServerConfig, Store } from "@libs/elysia-server";
import type { Sql } from "@libs/database";
import type { Broker, Publisher } from "@libs/messaging";
import { noopTracer, type Telemetry } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import type { Redis } from "ioredis";
import type { AdminSettings } from "./admin/create-admin.ts";
import { createAccessParts } from "./assembly/access-parts.ts";
import { createAdminPort } from "./assembly/admin-port.ts";
import { createClientAddressing } from "./assembly/client-addressing.ts";
import { createDataPlaneParts, type DataPlaneParts } from "./assembly/data-plane-parts.ts";
import { createGatewayServer } from "./assembly/gateway-server.ts";
import { createHubParts, hubConfigOf, selectFrom } from "./assembly/hub-parts.ts";
import { checkSocketLimits, socketLimitsOf } from "./assembly/socket-handlers.ts";
import {
  type ConfigReloader,
  createConfigReloader,
  type ReloadResult,
} from "./config/reload/config-reloader.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { Hub } from "./hub/create-hub.ts";
import { isOfTarget } from "./hub/is-of-target.ts";
import { createFleetDirectory } from "./identity/device-session/ask-fleet.ts";
import { ListenerCertificates } from "./listener/listener-certificates.ts";
import type { DeviceSessionDirectory } from "./model/identity/device-sessions.ts";
import type { ServiceCaller } from "./model/upstream/service-caller.ts";
import { fingerprintsOf } from "./pipeline/compile-web-socket.ts";
import type { Snapshot } from "./pipeline/snapshot.ts";
import type { InProcessServices } from "./upstream/client/in-process-client.ts";
import { OwnEndpoints } from "./routing/own-endpoints.ts";

export interface GatewaySettings extends ServerConfig {
  /** The admin port; none where absent. */
  readonly admin?: AdminSettings;
}

export interface GatewayDeps extends Telemetry {
  readonly now?: () => number;
  /** Milliseconds on a clock that never jumps, for limits; `performance.now` where absent. */
  readonly monotonicNow?: () => number;
  /** Checked by `/readyz`, reported by `/health`. */
  readonly stores?: Readonly<Record<string, Store>>;
  /** The platform's own users, sessions and keys, served under `/auth`. Started and stopped by the caller. */
  readonly auth?: Auth;
  /** The database of `auth`, for the admin port's verbs on users, sessions and keys. */
  readonly sql?: Sql;
  /** Verifies device tokens; the config's fleet service where absent. */
  readonly devices?: DeviceSessionDirectory;
  /** For limits, caches and tickets shared by all instances; `null` or absent keeps them in this process. */
  readonly redis?: Redis | null;
  /** Carries frames between instances and services; in process where absent. Closed by the caller. */
  readonly broker?: Broker;
  /** Environment variables that the config's secret references may name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Serves the demo shop at `/demo`; `idleMs` is after how long it says a cart counts as abandoned. */
  readonly demo?: { readonly idleMs: number | null };
  /** Reads the config again from its files; without it `reloadConfig` rejects. */
  readonly loadConfig?: () => Promise<GatewayConfig>;
  /** Called with each config that a reload has put in force. */
  readonly onConfig?: (config: GatewayConfig) => void;
  /** Services that run in this process: called as functions instead of over their sockets. */
  readonly inProcess?: InProcessServices;
  /** Further endpoints of the gateway's own, served by Elysia. */
  readonly routes?: readonly AnyElysia[];
}

export interface Gateway extends App {
  /** Address of the admin port; `null` without one, and while it does not listen. */
  readonly adminAddress: AppAddress | null;
  /** The admin port as an app, for a supervisor that relays requests to it; `null` without one. */
  readonly admin: Pick<App, "fetch"> | null;
  /** Publishes to the hub's channels, for services in the same process. */
  readonly publisher: Publisher;
  /** Puts another checked config in force. Rejects, changing nothing, where it cannot be compiled. */
  reload(config: GatewayConfig): Promise<void>;
  /** Reads the config again and puts it in force. Rejects with `not_implemented` without `loadConfig`. */
  reloadConfig(reason: string): Promise<ReloadResult>;
}

/** Assembles the gateway. The order of serving: the hub's paths, then routes, then the endpoints that Elysia serves. */
export function createGateway(config: GatewayConfig, settings: GatewaySettings, deps: GatewayDeps): Gateway {
  const { server, admin, hub, reloader } = assemble(config, settings, deps);

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
    admin,
    get adminAddress() {
      return admin?.address ?? null;
    },
    publisher: hub.publisher,
    async start() {
      try {
        await admin?.start();
        await server.start();
      } catch (thrown) {
        await stop();
        throw thrown;
      }
    },
    stop,
    reload: reloader.apply,
    reloadConfig: reloader.reload,
  };
}

interface GatewayParts {
  readonly server: ElysiaServer;
  readonly admin: App | null;
  readonly hub: Hub;
  readonly reloader: ConfigReloader;
}

/** Connects the parts to each other. None of them runs before `start`. */
function assemble(config: GatewayConfig, settings: GatewaySettings, deps: GatewayDeps): GatewayParts {
  const { logger, metrics, tracer = noopTracer, now = Date.now, stores = {} } = deps;
  // each part asks for the snapshot when it serves a request, not when it is made: the data plane that holds it needs `access` first
  const current = (): Snapshot => plane.snapshots.current();
  const services = (): ServiceCaller => current().services;
  const access = createAccessParts(
    {
      ...deps,
      devices: deps.devices ?? createFleetDirectory(services),
      services,
      signInConfig: () => current().config.signIn ?? null,
    },
    now,
  );
  const { inProcess } = deps;
  const own = new OwnEndpoints({ hasSignIn: deps.auth !== undefined });
  const plane = createDataPlaneParts(config, { logger, metrics, tracer, access, own, now, inProcess });
  const client = createClientAddressing(() => current().proxies);
  const { readSecret, ...lasting } = access.policyDeps;
  const hub = createHubParts(config, {
    ...deps,
    ...lasting,
    ...client,
    current,
    now,
    revoked: (target) => plane.tunnels.revoke((principal) => isOfTarget(target, principal)),
  });
  const certificates = new ListenerCertificates(config.server.tls, {
    readSecret,
    logger,
    metrics,
    replace: (tls) => server.replaceTls(tls),
  });
  const parts = { ...deps, tracer, now, stores, access, plane, hub, certificates, client };
  const server = createGatewayServer(config, settings, parts);
  const reloader = createReloader(config, parts);
  const { snapshots, refusals, watch } = plane;
  const admin = createAdminPort(settings, {
    ...deps,
    ...lasting,
    snapshots,
    refusals,
    watch,
    hub: hub.context,
    reloadConfig: reloader.reload,
    stores,
    now,
  });
  return { server, admin, hub, reloader };
}

interface ReloaderParts extends Pick<GatewayDeps, "auth" | "loadConfig" | "onConfig" | "logger"> {
  readonly plane: DataPlaneParts;
  readonly hub: Hub;
  readonly certificates: ListenerCertificates;
}

/** What only a restart can change is checked before anything is swapped. */
function createReloader(
  initial: GatewayConfig,
  { auth, loadConfig, onConfig, logger, plane, hub, certificates }: ReloaderParts,
): ConfigReloader {
  const { snapshots, tunnels } = plane;
  const socketLimits = socketLimitsOf(initial);
  return createConfigReloader({
    load: loadConfig ?? null,
    async apply(next) {
      checkSocketLimits(socketLimits, next);
      certificates.check(next.server.tls);
      const before = snapshots.current().identities;
      await snapshots.reload(next, ({ identities }) => {
        const reloadHub = hub.prepareReload(hubConfigOf(next), {
          select: selectFrom(identities),
          changed: identities.changedSince(before),
        });
        return () => {
          auth?.roles.replace(next.roles);
          certificates.reload(next.server.tls);
          reloadHub();
        };
      });
      onConfig?.(next);
      await tunnels.reload(fingerprintsOf(snapshots.current().routes));
    },
    snapshots,
    logger,
  });
}
