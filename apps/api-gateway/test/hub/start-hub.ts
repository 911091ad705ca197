import { createAnswerError, listenOnSockets } from "@libs/elysia-server";
export { principalOf } from "../support/identity/principal-of.ts";
import { principalOf } from "../support/identity/principal-of.ts";
import { CartwayError } from "@libs/errors";
import { type Broker, createMemoryBroker } from "@libs/messaging";
import { createLogger, createMetrics, type Metrics } from "@libs/monitoring";
import { fillDefaults } from "../../src/config/fill-defaults.ts";
import { HubSchema, type HubConfig } from "../../src/hub/config/schema.ts";
import { createHub, type Hub } from "../../src/hub/create-hub.ts";
import type { Revocation, SelectIdentities } from "../../src/hub/hub-deps.ts";
import { createMemoryTickets } from "../../src/hub/tickets/memory-tickets.ts";
import type { Authentication } from "../../src/model/identity/authentication.ts";
import { HeaderList } from "../../src/model/http/header-list.ts";
import type { ServiceCaller } from "../../src/model/upstream/service-caller.ts";
import { LimiterPool, type LimiterPoolDeps } from "../../src/policies/rate-limit/limiter-pool.ts";
import type { SecurityEvent } from "../../src/telemetry/security-events.ts";
import { validate } from "../../src/config/validate.ts";

export interface HubFixture {
  readonly hub: Hub;
  readonly port: number;
  readonly metrics: Metrics;
  /** In their order. */
  readonly securityEvents: readonly SecurityEvent[];
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  readonly http: string;
  /** Applies another hub section; throws, changing nothing, where it cannot be compiled. */
  reload(hub: unknown): void;
  revoke(revocation: Revocation): void;
  stop(): Promise<void>;
}

export interface StartHubOptions {
  readonly hub: unknown;
  /** URL of each service by its name. */
  readonly services?: Readonly<Record<string, string>>;
  readonly broker?: Broker;
  readonly now?: () => number;
  /** For limits over several instances. */
  readonly redis?: LimiterPoolDeps["redis"];
  readonly port?: number;
  readonly authenticate?: (token: string) => Authentication | Promise<Authentication>;
}

/** A hub on a real listener, whose services are reached over real HTTP. Its users are the tokens `user-<name>`. */
export function startHub(options: StartHubOptions): HubFixture {
  const config = hubConfig(options.hub);
  const metrics = createMetrics({ service: "hub-test", processMetrics: false });
  const listeners = new Set<(revocation: Revocation) => void>();
  const securityEvents: SecurityEvent[] = [];
  const now = options.now ?? Date.now;
  const logger = createLogger({ name: "hub-test", level: "silent" });
  const selectIdentities: SelectIdentities = (names) => ({
    challenge: { realm: "test", asked: { schemes: new Set(["bearer"]), words: ["a bearer token"] } },
    authenticate(credentials) {
      const bearer = credentials.bearer();
      if (bearer.kind === "absent") return { outcome: "absent" };
      if (bearer.kind === "malformed")
        return { outcome: "rejected", identity: names[0] ?? "", reason: "malformed" };
      return (options.authenticate ?? userOf)(bearer.token);
    },
  });
  const hub = createHub(config, {
    broker: options.broker ?? createMemoryBroker(),
    services: () => createCaller(options.services ?? {}),
    selectIdentities,
    onRevoked(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tickets: createMemoryTickets({ now }),
    limiters: new LimiterPool({
      redis: options.redis ?? null,
      monotonicNow: () => performance.now(),
      logger,
      metrics,
    }),
    securityEvents: { report: (event) => void securityEvents.push(event) },
    clientIp: (request, server) => server.requestIP(request)?.address ?? "",
    isPeerTrusted: () => false,
    originalOf: ({ method, headers }) => ({
      method,
      target: { scheme: "http", host: "127.0.0.1", path: "/", query: "" },
      clientIp: "",
      upstreamHeaders: headers,
    }),
    logger,
    metrics,
    now,
  });
  const listener = listenOnSockets({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    portSetting: "PORT",
    bodyBytesMax: 10_000_000,
    idleTimeoutSeconds: 90,
    reusePort: false,
    handle: (request, server) =>
      hub.handle(request, server) ?? new Response("not the hub's", { status: 404 }),
    websocket: hub.websocket,
    answerError: createAnswerError(logger),
    hasFront: true,
    tls: null,
  });
  const { port, url } = listener.address;
  return {
    hub,
    port,
    metrics,
    securityEvents,
    url: `ws://127.0.0.1:${port}`,
    http: url,
    reload: (next) => hub.prepareReload(hubConfig(next), { select: selectIdentities, changed: [] })(),
    revoke(revocation) {
      for (const listener of listeners) listener(revocation);
    },
    async stop() {
      await hub.dispose();
      await listener.cut();
    },
  };
}

/** A hub section with its defaults. @throws the gateway's error for an invalid one */
export function hubConfig(value: unknown): HubConfig {
  const filled = fillDefaults(HubSchema, value);
  const issues = validate(HubSchema, filled, "");
  if (issues.length > 0) throw new Error(JSON.stringify(issues));
  return filled as HubConfig;
}

function userOf(token: string): Authentication {
  if (token === "unavailable") return { outcome: "unavailable", identity: "platform" };
  if (token === "publisher") {
    return { outcome: "authenticated", principal: principalOf("publisher", { scopes: ["hub:publish"] }) };
  }
  if (!token.startsWith("user-")) return { outcome: "rejected", identity: "platform", reason: "invalid" };
  return { outcome: "authenticated", principal: principalOf(token.slice(5)) };
}

function createCaller(urls: Readonly<Record<string, string>>): ServiceCaller {
  return {
    async call(service, { method, path, headers, body, signal }) {
      try {
        const response = await fetch(`${urls[service]}${path}`, {
          method,
          headers: { ...headers },
          body,
          signal,
        });
        const { status } = response;
        const answered = new HeaderList([...response.headers].flat());
        const contentType = answered.get("content-type");
        return { status, contentType, headers: answered, body: await response.bytes() };
      } catch (cause) {
        throw new CartwayError(signal.aborted ? "upstream_timeout" : "upstream_unreachable", { cause });
      }
    },
  };
}
