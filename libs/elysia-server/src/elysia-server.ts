import { renderError } from "@libs/errors";
import { type IncomingRequest, toRequest } from "@libs/http1";
import { noopTracer } from "@libs/monitoring";
import type { AnyElysia } from "elysia";
import type { App, AppServer, Handle } from "./app.ts";
import { type AnswerError, createAnswerError } from "./http/answer-error.ts";
import { closeConnection } from "./http/close-connection.ts";
import { createCors } from "./http/cors.ts";
import { createDirectRouter, type DirectRouter } from "./http/direct-routes.ts";
import { createElysiaShell, type ElysiaShell } from "./http/elysia-shell.ts";
import { guardRequest } from "./http/guard-request.ts";
import { isPath } from "./http/is-path.ts";
import { requestIdHeader, requestIdOf } from "./http/request-id.ts";
import { createRequestMetrics } from "./http/request-metrics.ts";
import { createRequestScopes, type RequestScopes } from "./http/request-scope.ts";
import { drainDefaults } from "./lifecycle/drain.ts";
import { fetchOf } from "./listeners/fetch-of.ts";
import { createLifecycle } from "./lifecycle/lifecycle.ts";
import type { ListenOptions } from "./listeners/listener.ts";
import { createListenerMetrics } from "./listeners/listener-metrics.ts";
import { createSocketRegistry, type SocketRegistry } from "./lifecycle/socket-registry.ts";
import { createDocs } from "./operations/docs.ts";
import { createOperations } from "./operations/operations.ts";
import { createReadiness, type Readiness } from "./operations/readiness.ts";
import type { ElysiaServerOptions } from "./server-options.ts";
import type { TlsSettings } from "./tls-settings.ts";

export interface ElysiaServer extends App {
  readonly elysia: AnyElysia;
  /** True as soon as `stop` was called. */
  readonly draining: boolean;
  /** For fronts with WebSocket paths of their own: upgrades, or throws a `CartwayError` with the reason. */
  upgrade(request: IncomingRequest, server: AppServer, data: unknown, headers?: Bun.HeadersInit): undefined;
  /** Replaces the certificates for new connections. Throws where they cannot be used, and keeps the old ones. */
  replaceTls(tls: TlsSettings): void;
}

const mebibyte = 1024 * 1024;

/** The server around every app: errors, request ids, health, metrics, docs, WebSocket limits and drain. */
export function createElysiaServer(options: ElysiaServerOptions): ElysiaServer {
  const { name, logger } = options;
  const answerError = createAnswerError(logger);
  const readiness = createReadiness({
    stores: options.stores ?? {},
    storeTimeoutMs: options.storeTimeoutMs ?? 2000,
    staysReady: options.staysReady ?? false,
    logger,
    now: options.now ?? Date.now,
  });
  const scopes = createRequestScopes({
    metrics: createRequestMetrics(options.metrics),
    tracer: options.tracer ?? noopTracer,
    behindGateway: options.behindGateway ?? false,
    onServed: options.onServed,
  });
  const shell = createShell(options, { readiness, answerError, scopes });
  const direct = createDirectRouter(options.directRoutes ?? [], scopes, answerError);
  const listenerMetrics = createListenerMetrics(options.metrics);
  const sockets = createSocketRegistry({
    handlers: options.websocket?.handlers ?? { message() {} },
    connectionsMax: options.websocket?.maxConnections ?? 10_000,
    draining: () => readiness.draining,
    failed(error) {
      listenerMetrics.failedHandlers.inc();
      logger.error({ err: error }, "a WebSocket handler failed");
    },
    drain: options.websocket?.drain,
  });
  options.metrics.beforeRender(() => listenerMetrics.openSockets.set(sockets.size));
  const route = createSplit({ options, direct, shell, sockets, answerError });

  const handle: Handle = (request, server) => {
    if (!readiness.draining) return route(request, server);
    return Promise.resolve(route(request, server)).then((answer) => answer && closeConnection(answer));
  };

  const lifecycle = createLifecycle({
    name,
    logger,
    readiness,
    sockets,
    drain: { ...drainDefaults, ...options.drain },
    onStart: options.onStart ?? (() => Promise.resolve()),
    onStop: options.onStop ?? (() => Promise.resolve()),
    listenOptions: listenOptionsOf(options, {
      handle,
      websocket: sockets.handlers,
      answerError,
      onTrouble: (reason) => listenerMetrics.endedConnections.with({ reason }).inc(),
    }),
  });

  return {
    name,
    elysia: shell.elysia,
    fetch: fetchOf(handle),
    ...(options.websocket === undefined ? {} : { websocket: sockets.handlers }),
    async start() {
      await lifecycle.start();
      // an instance that no probe has asked yet is ready through an outage, too
      if (options.staysReady === true) void readiness.check();
    },
    stop: lifecycle.stop,
    replaceTls: lifecycle.replaceTls,
    upgrade: sockets.upgrade,
    get address() {
      return lifecycle.address;
    },
    get draining() {
      return readiness.draining;
    },
  };
}

/** `null` where no port is to be opened. */
function listenOptionsOf(
  options: ElysiaServerOptions,
  parts: Pick<ListenOptions, "handle" | "websocket" | "answerError" | "onTrouble">,
): ListenOptions | null {
  if (options.port === null) return null;
  return {
    port: options.port,
    portSetting: options.portSetting ?? "PORT",
    hostname: options.hostname ?? "0.0.0.0",
    bodyBytesMax: options.listenerBodyBytesMax ?? 128 * mebibyte,
    idleTimeoutSeconds: options.idleTimeoutSeconds ?? 90,
    reusePort: options.portSharing !== undefined,
    isFirst: options.portSharing === "first",
    connectionLimits: options.connectionLimits,
    bodyRate: options.bodyRate,
    hasFront: options.front !== undefined,
    tls: options.tls ?? null,
    ...parts,
  };
}

interface ShellParts {
  readonly readiness: Readiness;
  readonly answerError: AnswerError;
  readonly scopes: RequestScopes;
}

function createShell(
  options: ElysiaServerOptions,
  { readiness, answerError, scopes }: ShellParts,
): ElysiaShell {
  const { name, version, metrics } = options;
  const build = { name, version, commit: options.commit ?? "unknown", builtAt: options.builtAt ?? "unknown" };
  return createElysiaShell({
    name,
    plugins: [
      ...(options.cors === undefined ? [] : [createCors(options.cors)]),
      createOperations({
        build,
        readiness,
        metrics,
        about: options.about,
      }),
      ...(options.docs === false
        ? []
        : [
            createDocs({
              name,
              version,
              security: options.docsSecurity ?? null,
              description: options.docsDescription,
              paths: options.docsPaths,
            }),
          ]),
      ...(options.routes ?? []),
    ],
    strictPaths: options.strictPaths ?? false,
    bodyBytesMax: options.bodyBytesMax ?? mebibyte,
    notFound: options.notFound ?? (() => null),
    answerError,
    scopes,
  });
}

interface SplitParts {
  readonly options: ElysiaServerOptions;
  readonly direct: DirectRouter;
  readonly shell: ElysiaShell;
  readonly sockets: SocketRegistry;
  readonly answerError: AnswerError;
}

/** Dispatches a request, in this order: refusals, direct routes, the app's front, the shell's WebSocket path, Elysia. */
function createSplit({ options, direct, shell, sockets, answerError }: SplitParts): Handle {
  const { front, websocket } = options;
  const socketPath = websocket?.path ?? null;

  async function acceptSocket(request: Request, server: AppServer): Promise<Response | undefined> {
    const requestId = requestIdOf(request);
    try {
      sockets.check(request);
      const data = await websocket?.accept?.(request);
      return sockets.upgrade(request, server, { data, headers: { [requestIdHeader]: requestId } });
    } catch (error) {
      return answerError(error, requestId);
    }
  }

  return (request, server) => {
    const refusal = guardRequest(request);
    if (refusal !== null) return renderError(refusal, requestIdOf(request));
    const directly = direct(request);
    if (directly !== null) return directly;
    if (front !== undefined) {
      const own = front(request, server);
      if (own !== null) return own;
    }
    if (socketPath !== null && isPath(request, socketPath)) return acceptSocket(toRequest(request), server);
    return shell.serve(toRequest(request));
  };
}
