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
import type { HubDeps, ReloadedIdentities, SelectIdentities } from "./hub-deps.ts";
import { createHubMetrics } from "./hub-metrics.ts";
import { hubPathsOf } from "./hub-paths.ts";
import { OwnPaths } from "./http/own-paths.ts";
import { createRequestRouter, type RequestRouter, selectAuthenticators } from "./http/request-router.ts";
import { askAgain } from "./rooms/memberships.ts";
import { disposeSlots, isNoLongerAllowed, type PreparedSlots, prepareSlots, type Slots } from "./slots.ts";
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
  /**
   * Compiles another checked config, which changes nothing. @returns a function that puts it in force and never throws: connections stay,
   * except those it would no longer admit and those of changed identities. @throws Error where the config cannot be compiled
   */
  prepareReload(config: HubConfig, identities: ReloadedIdentities): () => void;
  /** Closes every connection with a hint when to reconnect. New ones are refused from then on. */
  drain(): Promise<void>;
  /** Stops the timers and subscriptions; the broker is closed by its owner. */
  dispose(): Promise<void>;
}

/** What a config is compiled into. */
interface Compiled {
  readonly slots: PreparedSlots;
  readonly ownPaths: OwnPaths;
  readonly router: RequestRouter;
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
  /** Changes nothing: `slots.putInForce` does. */
  function compile(next: HubConfig, before: Slots, selectIdentities: SelectIdentities): Compiled {
    const authenticators = selectAuthenticators(next, selectIdentities);
    const slots = prepareSlots({
      config: next,
      before,
      selectIdentities,
      metrics,
      limiters: deps.limiters,
      registry: deps.metrics,
      hub: () => context,
    });
    return {
      slots,
      ownPaths: new OwnPaths(hubPathsOf(next.endpoints)),
      router: createRequestRouter({ hub: context, slots: slots.all, deps, ...authenticators }),
    };
  }

  let current = compile(initial, new Map(), deps.selectIdentities);
  current.slots.putInForce();

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
    owns: (request) => current.ownPaths.has(request),
    handle(request, listener, onRefused = () => undefined) {
      const answer = current.router(request, listener, onRefused);
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
    prepareReload(asked, { select, changed }) {
      const { config: next, waiting } = withinListener(asked, initial.limits);
      const slotsBefore = current.slots.all;
      const compiled = compile(next, slotsBefore, select);
      return () => {
        const rulesBefore = new Map([...slotsBefore.values()].map((slot) => [slot, slot.current.roomRules]));
        compiled.slots.putInForce();
        current = compiled;
        config = next;
        if (waiting.length > 0)
          deps.logger.warn({ limits: waiting }, "changed hub limits take effect at the gateway's next start");
        for (const name of changed) context.revocations.noteIdentity(name, context.now());
        for (const connection of context.connections.all()) {
          const isOfChanged =
            connection.principal !== null && changed.includes(connection.principal.identity);
          if (isOfChanged || isNoLongerAllowed(compiled.slots.all, connection))
            context.delivery.close(connection, "forcedReconnect");
        }
        void askAgain(context, rulesBefore);
      };
    },
    drain: () => drain(context),
    async dispose() {
      await (await background)?.stop();
      disposeSlots(current.slots.all, () => context);
      for (const connection of context.connections.all()) context.delivery.close(connection, "shutdown");
    },
  };
}
