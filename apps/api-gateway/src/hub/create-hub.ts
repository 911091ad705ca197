import type { IncomingRequest } from "@libs/http1";
import { type AppServer, type AppWebSocketHandler, requestIdOf } from "@libs/elysia-server";
import { renderError, toCartwayError } from "@libs/errors";
import { createBrokerPublisher, type Publisher } from "@libs/messaging";
import type { MaybePromise } from "../model/maybe-promise.ts";
import { type Background, startBackground } from "./background.ts";
import type { HubConfig } from "./config/schema.ts";
import { withinListener } from "./config/within-listener.ts";
import { createContext } from "./create-context.ts";
import { createHandlers } from "./create-handlers.ts";
import { drain } from "./drain.ts";
import type { HubContext } from "./hub-context.ts";
import type { HubDeps } from "./hub-deps.ts";
import { createHubMetrics } from "./hub-metrics.ts";
import { hubPathsOf } from "./hub-paths.ts";
import { OwnPaths } from "./http/own-paths.ts";
import { createRequestRouter } from "./http/request-router.ts";
import { askAgain } from "./rooms/memberships.ts";
import { compileSlots, disposeSlots, isNoLongerAllowed, type Slots } from "./slots.ts";
import type { OnRefused } from "./upgrade/upgrade.ts";

export interface Hub {
  /** Whether the path is the hub's: an endpoint, one of its fallbacks, `/hub/publish` and the like, or `/auth/ws-ticket`. */
  owns(request: IncomingRequest): boolean;
  /**
   * Answers a request on one of the hub's paths; `null` for any other path, `undefined` once upgraded to a WebSocket. Refusals are
   * answered in the error envelope, never thrown, and passed to `onRefused` first.
   */
  handle(
    request: IncomingRequest,
    server: AppServer,
    onRefused?: OnRefused,
  ): MaybePromise<Response | undefined> | null;
  /** Handlers for the listener. Their limits are those of the config at start, which a listener cannot change. */
  readonly websocket: AppWebSocketHandler;
  readonly publisher: Publisher;
  /** For the admin port. */
  readonly context: HubContext;
  /** Subscribes to the broker and starts the timers; the first upgrade calls it otherwise. */
  start(): Promise<void>;
  /** Applies another checked config. Connections stay, except those it would no longer admit. If it throws, nothing has changed. */
  reload(config: HubConfig): void;
  /** Closes every connection with a hint when to reconnect. New ones are refused from then on. */
  drain(): Promise<void>;
  /** Stops the timers and subscriptions; the broker is closed by its owner. */
  dispose(): Promise<void>;
}

/** The WebSocket hub of one process. Opens no connections itself: broker, services and identities are passed in. */
export function createHub(initial: HubConfig, deps: HubDeps): Hub {
  const metrics = createHubMetrics(deps.metrics);
  let config = initial;
  /** Listeners to publish through: more than one while a new listener replaces the old one. */
  const servers = new Set<AppServer>();
  let background: Promise<Background> | null = null;
  const context = createContext({
    deps,
    metrics,
    config: () => config,
    publishNative(topic, text) {
      for (const server of servers) server.publish(topic, text, false);
    },
  });
  const compile = (next: HubConfig, before: Slots): Slots =>
    compileSlots({
      config: next,
      before,
      selectIdentities: deps.selectIdentities,
      metrics,
      limiters: deps.limiters,
      registry: deps.metrics,
      hub: () => context,
    });
  let slots = compile(initial, new Map());
  let ownPaths = new OwnPaths(hubPathsOf(config.endpoints));
  let router = createRequestRouter({ hub: context, slots, deps });

  function hearFrom(listener: AppServer): void {
    if (servers.has(listener)) return;
    for (const before of servers) if (before.pendingWebSockets === 0) servers.delete(before);
    servers.add(listener);
  }

  async function start(): Promise<void> {
    background ??= startBackground(context, deps);
    await background;
  }

  return {
    websocket: createHandlers(context),
    publisher: createBrokerPublisher(deps.broker),
    context,
    start,
    owns: (request) => ownPaths.has(request),
    handle(request, listener, onRefused = () => undefined) {
      const answer = router(request, listener, onRefused);
      if (answer === null) return null;
      hearFrom(listener);
      if (background === null)
        start().catch((error: unknown) => deps.logger.error({ err: error }, "the hub did not start"));
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((thrown: unknown) => {
        const error = toCartwayError(thrown);
        onRefused(error);
        const { code, internal } = error;
        if (internal !== undefined) context.warnings.warn("a request to the hub failed", { code, internal });
        return renderError(error, requestIdOf(request));
      });
    },
    reload(next) {
      const { config: held, waiting } = withinListener(next, initial.limits);
      const before = new Map([...slots.values()].map((slot) => [slot, slot.current.roomRules]));
      slots = compile(held, slots);
      config = held;
      ownPaths = new OwnPaths(hubPathsOf(config.endpoints));
      if (waiting.length > 0)
        deps.logger.warn({ limits: waiting }, "limits of the hub wait for the gateway's next start");
      router = createRequestRouter({ hub: context, slots, deps });
      for (const connection of context.connections.all()) {
        if (isNoLongerAllowed(slots, connection)) context.delivery.close(connection, "forcedReconnect");
      }
      void askAgain(context, before);
    },
    drain: () => drain(context),
    async dispose() {
      await (await background)?.stop();
      disposeSlots(slots, () => context);
      for (const connection of context.connections.all()) context.delivery.close(connection, "shutdown");
    },
  };
}
