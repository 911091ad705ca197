import type { Logger } from "@libs/monitoring";
import type { AppAddress } from "../app.ts";
import type { Readiness } from "../operations/readiness.ts";
import { type DrainOptions, drainListener } from "./drain.ts";
import type { TlsSettings } from "../tls-settings.ts";
import { listen } from "../listeners/listen.ts";
import { toListenError } from "../listeners/listen-error.ts";
import type { Listener, ListenOptions } from "../listeners/listener.ts";
import type { SocketRegistry } from "./socket-registry.ts";
import { within } from "./within.ts";

export interface LifecycleOptions {
  readonly name: string;
  readonly logger: Logger;
  readonly readiness: Readiness;
  readonly sockets: SocketRegistry;
  readonly drain: DrainOptions;
  readonly onStart: () => Promise<void>;
  readonly onStop: () => Promise<void>;
  /** `null` opens no port: requests are passed to `fetch` by other code. */
  readonly listenOptions: ListenOptions | null;
}

/** States of a server, in order; only `createLifecycle` changes them. */
type State =
  | { readonly phase: "new" }
  | {
      readonly phase: "running";
      readonly started: Promise<Listener | null>;
      readonly listener: Listener | null;
    }
  | { readonly phase: "stopped"; readonly done: Promise<void> };

export interface Lifecycle {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly address: AppAddress | null;
  /** Replaces the certificates for new connections. Throws where they cannot be used, and keeps the old ones. */
  readonly replaceTls: (tls: TlsSettings) => void;
}

export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { name, logger } = options;
  let state: State = { phase: "new" };

  async function open(): Promise<Listener | null> {
    await options.onStart();
    if (options.listenOptions === null || options.readiness.draining) return null;
    try {
      const listener = await listen(options.listenOptions);
      logger.info({ url: listener.address.url }, `${name} listens`);
      return listener;
    } catch (error) {
      await options.onStop();
      throw toListenError(error, options.listenOptions);
    }
  }

  async function start(): Promise<void> {
    if (state.phase === "stopped") throw new Error(`${name} was stopped and cannot be started again`);
    if (state.phase === "new") state = { phase: "running", started: open(), listener: null };
    const listener = await state.started;
    if (state.phase === "running") state = { ...state, listener };
  }

  async function close(started: Promise<Listener | null>): Promise<void> {
    options.readiness.beginDrain();
    const listener = await started.catch(() => "failed" as const);
    // `start` has rejected and cleaned up already
    if (listener === "failed") return;
    if (listener !== null) {
      await Bun.sleep(options.drain.noticeMs);
      await drainListener(listener, options.sockets, options.drain, logger);
    }
    const { deadlineMs } = options.drain;
    if (!(await within(options.onStop(), deadlineMs))) {
      logger.error({ deadlineMs }, "the last writes took longer than the drain deadline");
    }
    logger.info({}, `${name} has stopped`);
  }

  function stop(): Promise<void> {
    if (state.phase === "new") state = { phase: "stopped", done: Promise.resolve() };
    else if (state.phase === "running") state = { phase: "stopped", done: close(state.started) };
    return state.done;
  }

  return {
    start,
    stop,
    get address() {
      return state.phase === "running" ? (state.listener?.address ?? null) : null;
    },
    replaceTls(tls) {
      if (state.phase === "running") state.listener?.replaceTls(tls);
    },
  };
}
