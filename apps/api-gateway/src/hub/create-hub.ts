import type { IncomingRequest } from "@libs/http1";
import { type AppServer, type AppWebSocketHandler, requestIdOf } from "@libs/elysia-server";
import { renderError, toCartwayError } from "@libs/errors";
import { createBrokerPublisher, type Publisher } from "@libs/messaging";
import type { MaybePromise } from "../model/maybe-promise.ts";
import { type Background, startBackground } from "./background.ts";
import { compileHub } from "./compile-hub.ts";
import type { HubConfig } from "./config/schema.ts";
import { withinListener } from "./config/within-listener.ts";
import { createContext } from "./create-context.ts";
import { createHandlers } from "./create-handlers.ts";
import { drain } from "./drain.ts";
import type { HubContext } from "./hub-context.ts";
import type { HubDeps, ReloadedIdentities } from "./hub-deps.ts";
import { createHubMetrics } from "./hub-metrics.ts";
import { Listeners } from "./listeners.ts";
import { askAgain } from "./rooms/memberships.ts";
import { disposeSlots, isNoLongerAllowed } from "./slots.ts";
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

/** The WebSocket hub of one process. Opens no connections itself: broker, services and identities are passed in. */
export function createHub(initial: HubConfig, deps: HubDeps): Hub {
  const listeners = new Listeners();
  const context = createContext({
    deps,
    metrics: createHubMetrics(deps.metrics),
    config: () => current.config,
    publishNative: (topic, text) => listeners.publish(topic, text),
  });
  let current = compileHub({
    config: initial,
    context,
    deps,
    before: new Map(),
    selectIdentities: deps.selectIdentities,
  });
  current.slots.putInForce();
  let background: Promise<Background> | null = null;

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
      listeners.add(listener);
      if (background === null)
        start().catch((error: unknown) => deps.logger.error({ err: error }, "the hub did not start"));
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((thrown: unknown) => renderFailure(context, request, { thrown, onRefused }));
    },
    prepareReload(asked, { select, changed }) {
      const { config, waiting } = withinListener(asked, initial.limits);
      const before = current.slots.all;
      const compiled = compileHub({ config, context, deps, before, selectIdentities: select });
      return () => {
        const rulesBefore = new Map([...before.values()].map((slot) => [slot, slot.current.roomRules]));
        compiled.slots.putInForce();
        current = compiled;
        if (waiting.length > 0)
          deps.logger.warn({ limits: waiting }, "changed hub limits take effect at the gateway's next start");
        closeInadmissible(context, changed);
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

function renderFailure(
  { warnings }: HubContext,
  request: IncomingRequest,
  { thrown, onRefused }: { readonly thrown: unknown; readonly onRefused: OnRefused },
): Response {
  const error = toCartwayError(thrown);
  onRefused(error);
  const { code, internal } = error;
  if (internal !== undefined) warnings.warn("a request to the hub failed", { code, internal });
  return renderError(error, requestIdOf(request));
}

/** After a reload: closes the connections of changed identities, and those that the config in force would not admit. */
function closeInadmissible(hub: HubContext, changedIdentities: readonly string[]): void {
  for (const name of changedIdentities) hub.revocations.noteIdentity(name, hub.now());
  for (const connection of hub.connections.all()) {
    const { principal } = connection;
    const isOfChanged = principal !== null && changedIdentities.includes(principal.identity);
    if (isOfChanged || isNoLongerAllowed(connection)) hub.delivery.close(connection, "forcedReconnect");
  }
}
