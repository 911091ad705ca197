import { type BeaconOptions, sendBeacons } from "./browser/beacon.ts";
import { createIndexedDbStore } from "./browser/indexeddb-store.ts";
import { type Page, thisPage } from "./browser/page.ts";
import { keptSessionId } from "./browser/session-id.ts";
import { watchPage } from "./browser/watch-page.ts";
import type { ClientSocketConstructor } from "./connection/client-socket.ts";
import { EventStreamSocket } from "./connection/event-stream-socket.ts";
import { Connection, type ConnectionOptions, type Credential } from "./connection/connection.ts";
import type { ConnectionState } from "./connection/state.ts";
import { Outbox, type OutboxOptions } from "./outbox/outbox.ts";
import { createMemoryStore, type OutboxEntry, type OutboxStore } from "./outbox/outbox-store.ts";
import { Requests } from "./requests.ts";
import { type RoomListener, Rooms } from "./rooms/rooms.ts";
import { type CartwayClientError, createId, type HubFrame } from "./wire.ts";

/** The message types of a shop: the payload, and the reply for those that have one. */
export type MessageMap = Record<string, { readonly payload: object; readonly reply?: unknown }>;

/** A queued message. */
export type QueuedMessage = Pick<OutboxEntry, "id" | "type" | "payload">;

export interface CartwayOptions {
  /** The hub's endpoint: `wss://shop.example/ws`, or a path on the page's own host. */
  readonly url: string;
  /** Generated and stored by default. At least 16 unguessable characters, or its room cannot be joined. */
  readonly sessionId?: string;
  /** Called before each connection, and before the current credential expires. Anonymous by default. */
  readonly credential?: () => Credential | Promise<Credential>;
  /** Bound on unacknowledged messages; 500 by default. */
  readonly queueMax?: number;
  /** Which message is dropped when the queue is full; the oldest by default. */
  readonly queueDrop?: "oldest" | "newest";
  /** Messages with the same key are sent in order; the key is the cart (`cartId` of the payload) by default. */
  readonly keyOf?: (message: QueuedMessage) => string;
  /** When a message that the hub keeps refusing is dropped: a day after the first refusal by default, without a limit on attempts. */
  readonly giveUp?: { readonly afterMs?: number; readonly attempts?: number };
  /**
   * Called with a message that will never arrive: refused, given up, or dropped from a full queue. By default, those that no promise
   * awaits are passed to `onError`.
   */
  readonly onDrop?: (message: QueuedMessage, error: CartwayClientError) => void;
  /** IndexedDB in a browser, memory elsewhere. */
  readonly store?: OutboxStore;
  /** Posts unacknowledged messages of one type when the page is left. */
  readonly beacon?: BeaconOptions;
  /** Bound on the delay between connection attempts; 30 s by default. */
  readonly backoffMaxMs?: number;
  readonly onState?: (state: CartwayState) => void;
  /**
   * Receives frames that no listener or request awaits: those of the user's own channel, and of rooms that the hub joins automatically,
   * each once and in order (`room_lost` where some are lost).
   */
  readonly onFrame?: (frame: HubFrame) => void;
  /**
   * Receives errors that nothing else reports: a room that may not be joined, a queue that cannot be stored, a failed credential. Logged
   * to the console by default.
   */
  readonly onError?: (error: unknown) => void;
  /** The platform's own by default. */
  readonly WebSocket?: ClientSocketConstructor;
  /** Falls back to the same protocol over HTTP where no WebSocket opens; on by default. */
  readonly fallback?: boolean;
}

/** The client's state, for display. */
export interface CartwayState {
  readonly connection: ConnectionState;
  /** Messages that the hub has not acknowledged. */
  readonly queued: number;
  /** Those of them that are in the browser's database, and therefore survive the page. */
  readonly kept: number;
}

export interface Cartway<Messages extends MessageMap = MessageMap> {
  readonly sessionId: string;
  readonly state: CartwayState;
  /**
   * Queues a message until the hub acknowledges it, across lost connections and reloads; it counts once. Resolves with the ack. Rejects
   * with `CartwayClientError`: refused for good, or `dropped` from a full queue.
   */
  send<Type extends keyof Messages & string>(type: Type, payload: Messages[Type]["payload"]): Promise<void>;
  /** Sends a request. Rejects with `CartwayClientError`, `timeout` among others; does not survive a reload. */
  request<Type extends keyof Messages & string>(
    type: Type,
    payload: Messages[Type]["payload"],
    options?: { readonly timeoutMs?: number },
  ): Promise<Messages[Type]["reply"]>;
  /** Joins a room, across reconnects without loss or repetition. @returns a function that leaves it */
  join(room: string, listener: RoomListener): () => void;
  /** Final. Queued messages are kept for the next client. */
  close(): void;
}

/** The characters of a frame's id; a payload's own id that does not match is left to its service. */
const token = /^[!#-[\]-~]{1,128}$/;
const requestMs = 10_000;

export function createCartway<Messages extends MessageMap = MessageMap>(
  options: CartwayOptions,
): Cartway<Messages> {
  const page = thisPage();
  const sessionId = options.sessionId ?? keptSessionId(storageOf(page));
  const { onError = warn, beacon } = options;
  const url = absolute(options.url, page);
  const state = (): CartwayState => ({
    connection: connection.state,
    queued: outbox.size,
    kept: outbox.kept,
  });
  const onChange = (): void => options.onState?.(state());
  const connection = new Connection({
    ...connectionSettings(options, page),
    url,
    onState: onChange,
    onError,
    onOpen(given) {
      // first, because rooms send requests
      requests.connected();
      rooms.rejoin(given);
      outbox.flush();
    },
    onClose() {
      requests.disconnected();
      outbox.disconnected();
    },
    onFrame(frame) {
      const isOfRoom = rooms.receive(frame);
      if (requests.receive(frame) || isOfRoom) return;
      const { id, type, error } = frame;
      if (id !== undefined && (type === "ack" || type === "error"))
        return void outbox.answer(id, error ?? null);
      if (type !== "heartbeat") options.onFrame?.(frame);
    },
  });
  const requests = new Requests((frame) => connection.send({ ...frame, sessionId }));
  const rooms = new Rooms({
    ask: (type, payload) => requests.ask(type, { payload }, { timeoutMs: requestMs, survives: false }),
    onError,
    onFrame: (frame) => options.onFrame?.(frame),
  });
  const outbox = new Outbox({
    ...queueSettings(options, onError),
    store: options.store ?? createStore(page, url),
    transmit: ({ queuedAt, ...frame }) => connection.send({ ...frame, timestamp: queuedAt }),
    onChange,
    onError,
  });

  const stopWatching = page && followPage(page, { connection, outbox, beacon });
  void outbox.restore();
  queueMicrotask(() => connection.connect());

  return {
    sessionId,
    get state() {
      return state();
    },
    send(type, payload) {
      const own: unknown = Reflect.get(payload, "id");
      const id = typeof own === "string" && token.test(own) ? own : createId();
      return outbox.add({ id, type, payload, sessionId, queuedAt: Date.now() });
    },
    async request(type, payload, { timeoutMs = requestMs } = {}) {
      const reply = await requests.ask(type, { payload }, { timeoutMs, survives: true });
      return reply?.payload;
    },
    join: (room, listener) => rooms.join(room, listener, connection.state.status === "open"),
    close() {
      stopWatching?.();
      connection.close();
    },
  };
}

interface FollowingPage {
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly beacon: BeaconOptions | undefined;
}

/** Connects and gives up connections as the page's network comes and goes. @returns a function that stops it */
function followPage(page: Page, { connection, outbox, beacon }: FollowingPage): () => void {
  return watchPage(page, {
    reachable: () => connection.connect(),
    offline: () => connection.lost(),
    left() {
      if (beacon) sendBeacons(outbox.entries, beacon, (url, body) => page.navigator.sendBeacon(url, body));
    },
  });
}

/** The page's wishes for its connection, with their defaults. */
function connectionSettings(
  options: CartwayOptions,
  page: Page | undefined,
): Omit<ConnectionOptions, "url" | `on${string}`> {
  return {
    credential: options.credential ?? (() => null),
    backoffMaxMs: options.backoffMaxMs ?? 30_000,
    WebSocket: options.WebSocket ?? ownWebSocket(),
    fallback: options.fallback === false ? null : EventStreamSocket,
    isOffline: () => page?.navigator.onLine === false,
  };
}

/** The page's wishes for its queue, with their defaults. */
function queueSettings(
  options: CartwayOptions,
  onError: (error: unknown) => void,
): Omit<OutboxOptions, "store" | "transmit" | "onChange" | "onError"> {
  return {
    max: options.queueMax ?? 500,
    drop: options.queueDrop ?? "oldest",
    keyOf: options.keyOf ?? cartOf,
    giveUp: { afterMs: 86_400_000, attempts: Infinity, ...options.giveUp },
    onDrop: options.onDrop ?? ((_message, error, isAwaited) => void (isAwaited || onError(error))),
  };
}

function createStore(page: Page | undefined, url: string): OutboxStore {
  return page
    ? createIndexedDbStore(() => page.indexedDB, `cartway ${url.split("?")[0]}`)
    : createMemoryStore();
}

function warn(error: unknown): void {
  // oxlint-disable-next-line no-console -- a page that listens to nothing has no other place to be told
  console.warn("cartway:", error);
}

/** Carts do not wait for each other; messages without a cart keep the page's order. */
function cartOf({ payload }: QueuedMessage): string {
  const { cartId } = payload as { readonly cartId?: unknown };
  return typeof cartId === "string" ? cartId : "";
}

/** Built into Node since version 22. */
function ownWebSocket(): ClientSocketConstructor {
  const { WebSocket } = globalThis;
  if (!WebSocket)
    throw new Error("No WebSocket here: pass createCartway({ WebSocket }), such as that of the package ws.");
  return WebSocket;
}

function absolute(url: string, page: Page | undefined): string {
  return page ? new URL(url, page.location.href).href.replace(/^http/, "ws") : url;
}

/** Accessing the property alone throws where storage is forbidden. */
function storageOf(page: Page | undefined): Page["localStorage"] | undefined {
  try {
    return page?.localStorage;
  } catch {
    return undefined;
  }
}
