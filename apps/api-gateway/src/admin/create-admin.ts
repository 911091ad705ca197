import { type App, createElysiaServer, type ServerConfig, type Store } from "@libs/elysia-server";
import { isLoopbackHost } from "@libs/ip";
import { createMetrics, type Logger, type Metrics } from "@libs/monitoring";
import { Elysia } from "elysia";
import type { SecurityEvents } from "../telemetry/security-events.ts";
import { createHostCheck } from "./access/admin-host.ts";
import { openAdminToken } from "./access/admin-token.ts";
import { createAdminGuard } from "./access/guard-admin.ts";
import { createIdentifyAdmin } from "./access/identify-admin.ts";
import { adminBodyBytesMax } from "./admin-body-bytes-max.ts";
import type { AdminParts } from "./admin-parts.ts";
import { createAudit } from "./audit/audit.ts";
import { verbs } from "./verbs.ts";

export interface AdminSettings {
  /** 0 for any free port; `null` opens none, and requests are passed in by other code. */
  readonly port: number | null;
  readonly hostname: string;
  /** The file of a token that is accepted beside those of administrators; created where missing. `null` for none. */
  readonly tokenFile: string | null;
  /** Further accepted host names, beside `localhost` and its own address. */
  readonly allowedHosts: readonly string[];
}

export interface AdminDeps extends Omit<AdminParts, "audit" | "identify"> {
  readonly logger: Logger;
  readonly securityEvents: SecurityEvents;
  /** The gateway's stores, which `/readyz` checks here too. */
  readonly stores: Readonly<Record<string, Store>>;
}

/**
 * The admin port: a listener of its own, on the loopback address by default. Throws where it would be accessible to others than its
 * administrators.
 */
export function createAdmin(
  settings: AdminSettings & Pick<ServerConfig, "version" | "commit">,
  deps: AdminDeps,
): App {
  checkExposure(settings, deps);
  const { logger, accounts, now, securityEvents } = deps;
  let token: string | null = null;
  const identify = createIdentifyAdmin({
    token: () => token,
    users: accounts?.auth ?? null,
  });
  const parts: AdminParts = {
    ...deps,
    identify,
    audit: createAudit({ sql: accounts?.sql ?? null, logger, now }),
  };
  const isOwnHost = createHostCheck(settings.hostname, settings.allowedHosts);
  return createElysiaServer({
    name: "admin",
    version: settings.version,
    commit: settings.commit ?? null,
    port: settings.port,
    portSetting: "ADMIN_PORT",
    hostname: settings.hostname,
    logger,
    metrics: metricsOf(deps.metrics),
    stores: deps.stores,
    front: createAdminGuard({ identify, isOwnHost, securityEvents }),
    routes: [uncached(), ...verbs.map((verb) => verb(parts))],
    docsSecurity: "bearer",
    bodyBytesMax: 1024 * 1024,
    listenerBodyBytesMax: adminBodyBytesMax,
    drain: { noticeMs: 0, deadlineMs: 5000 },
    about: () => ({ config: deps.configStatus() }),
    async onStart() {
      if (settings.tokenFile !== null) token = await openAdminToken(settings.tokenFile);
    },
  });
}

function checkExposure({ hostname, tokenFile }: AdminSettings, { accounts }: AdminDeps): void {
  if (accounts === null && !isLoopbackHost(hostname))
    throw new Error(
      `the admin port would listen on ${hostname} without a database of administrators: set DATABASE_URL, or listen on 127.0.0.1`,
    );
  if (accounts === null && tokenFile === null)
    throw new Error("the admin port has neither administrators nor a token file: nobody could use it");
}

/** `/metrics` returns the gateway's, which routes may hide on its own port. The admin port counts nothing of itself. */
function metricsOf(gateway: Metrics): Metrics {
  const own = createMetrics({ service: "api-gateway-admin", processMetrics: false });
  return {
    ...own,
    stream: () => gateway.stream(),
    render: () => gateway.render(),
    contentType: gateway.contentType,
  };
}

/** Forbids caching of any answer. */
function uncached() {
  return new Elysia().onTransform({ as: "global" }, ({ set }) => {
    set.headers["cache-control"] = "no-store";
  });
}
