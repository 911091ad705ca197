import { type BeaconOptions, sendBeacons } from "./browser/beacon.ts";
import { createIndexedDbStore } from "./browser/indexeddb-store.ts";
import { type Page, thisPage } from "./browser/page.ts";
import { keptSessionId } from "./browser/session-id.ts";
import type { ClientSocketConstructor } from "./connection/client-socket.ts";
import { EventStreamSocket } from "./connection/event-stream-socket.ts";
import { Connection, type Credential } from "./connection/connection.ts";
import type { ConnectionState } from "./connection/state.ts";
import { Outbox } from "./outbox/outbox.ts";
import { createMemoryStore, type OutboxEntry, type OutboxStore } from "./outbox/outbox-store.ts";
import { Requests } from "./requests.ts";
import { type RoomListener, Rooms } from "./rooms/rooms.ts";
import { type CartwayClientError, createId, type HubFrame } from "./wire.ts";

/** The messages of a shop: payload, and for those that have one the reply. */
export type MessageMap = Record<string, { readonly payload: object; readonly reply?: unknown }>;

/** A message in the queue. */
export type QueuedMessage = Pick<OutboxEntry, "id" | "type" | "payload">;

export interface CartwayOptions {
  /** Of the hub's endpoint: `wss://shop.example/ws`, or a path on the page's own host. */
  readonly url: string;
  /** Made and kept by the client where not given. At least 16 unguessable characters, or its room cannot be joined. */
  readonly sessionId?: string;
  /** Asked for before each connection and before the last one ends. Anonymous where not given. */
  readonly credential?: () => Credential | Promise<Credential>;
  /** Unacknowledged messages kept at most; 500 by default. */
  readonly queueMax?: number;
  /** What goes when the queue is full; the oldest by default. */
  readonly queueDrop?: "oldest" | "newest";
  /** Whose order a message keeps; the cart's (`cartId` of the payload) by default. Those of one key follow each other. */
  readonly keyOf?: (message: QueuedMessage) => string;
  /** When a message is given up that the hub refuses for now: a day after its first refusal, and any number of tries, by default. */
  readonly giveUp?: { readonly afterMs?: number; readonly attempts?: number };
  /** A message that will never arrive: refused for good, given up, or dropped from a full queue. `onError` is told by default of those that no promise waits for. */
  readonly onDrop?: (message: QueuedMessage, error: CartwayClientError) => void;
  /** IndexedDB in a browser, memory elsewhere. */
  readonly store?: OutboxStore;
  /** Posts unanswered messages of one type when the page goes away. */
  readonly beacon?: BeaconOptions;
  /** Longest wait between two attempts to connect; 30 s by default. */
  readonly backoffMaxMs?: number;
  readonly onState?: (state: CartwayState) => void;
  /**
   * Frames that no listener and no question is waiting for: those of the user's own channel, and of rooms that the hub puts the
   * connection into by itself, each once and in order (`room_lost` where some cannot be given).
   */
  readonly onFrame?: (frame: HubFrame) => void;
  /** What nobody else is told: a room that may not be joined, a queue that cannot be kept, a credential that failed. Warned of in the console by default. */
  readonly onError?: (error: unknown) => void;
  /** The platform's own by default. */
  readonly WebSocket?: ClientSocketConstructor;
  /** Where no WebSocket opens: the same frames over HTTP. On by default. */
  readonly fallback?: boolean;
}

/** What a page can show. */
export interface CartwayState {
  readonly connection: ConnectionState;
  /** Messages that the hub has not acknowledged yet. */
  readonly queued: number;
  /** Those of them that outlive the page: the browser's database holds them. */
  readonly kept: number;
}

export interface Cartway<Messages extends MessageMap = MessageMap> {
  readonly sessionId: string;
  readonly state: CartwayState;
  /**
   * Queues a message until the hub has acknowledged it, over lost connections and reloads; it counts once. Resolves with the
   * ack. Rejects with `CartwayClientError`: refused for good, or `dropped` from a full queue.
   */
  send<Type extends keyof Messages & string>(type: Type, payload: Messages[Type]["payload"]): Promise<void>;
  /** Asks now. Rejects with `CartwayClientError`, `timeout` among them; is not kept over a reload. */
  request<Type extends keyof Messages & string>(
    type: Type,
    payload: Messages[Type]["payload"],
    options?: { readonly timeoutMs?: number },
  ): Promise<Messages[Type]["reply"]>;
  /** Hears a room from now on, over reconnects without loss or repetition. Returns what leaves it. */
  join(room: string, listener: RoomListener): () => void;
  /** For good. What is queued stays kept for the next client. */
  close(): void;
}

/** What may be a frame's id; a payload's own that may not is left to its service. */
const token = /^[!#-[\]-~]{1,128}$/;
const requestMs = 10_000;
const flightMax = 50;

export function createCartway<Messages extends MessageMap = MessageMap>(
  options: CartwayOptions,
): Cartway<Messages> {
  const page = thisPage();
  const sessionId = options.sessionId ?? keptSessionId(storageOf(page));
  const { onError = warn } = options;
  const url = absolute(options.url, page);
  const connection = new Connection({
    url,
    credential: options.credential ?? (() => null),
    backoffMaxMs: options.backoffMaxMs ?? 30_000,
    WebSocket: options.WebSocket ?? ownWebSocket(),
    fallback: options.fallback === false ? null : EventStreamSocket,
    isOffline: () => page?.navigator.onLine === false,
    onState: changed,
    onError,
    onOpen(given) {
      // first: what rooms ask is asked by them
      requests.connected();
      rooms.rejoin(given);
      outbox.flush();
    },
    onClose() {
      requests.disconnected();
      outbox.disconnected();
    },
    onFrame: receive,
  });
  const transmit = (frame: object): boolean => connection.send({ ...frame, sessionId });
  const requests = new Requests(transmit);
  const ask = (type: string, payload: unknown): Promise<HubFrame | null> =>
    requests.ask(type, { payload }, { timeoutMs: requestMs, survives: false });
  const rooms = new Rooms({ ask, onError, onFrame: (frame) => options.onFrame?.(frame) });
  const outbox = new Outbox({
    store:
      options.store ??
      (page === undefined
        ? createMemoryStore()
        : createIndexedDbStore(() => page.indexedDB, `cartway ${url.split("?")[0]}`)),
    max: options.queueMax ?? 500,
    drop: options.queueDrop ?? "oldest",
    flightMax,
    keyOf: options.keyOf ?? cartOf,
    giveUp: { afterMs: 86_400_000, attempts: Infinity, ...options.giveUp },
    onDrop: options.onDrop ?? ((_message, error, isAwaited) => void (isAwaited || onError(error))),
    transmit: ({ queuedAt, ...frame }) => connection.send({ ...frame, timestamp: queuedAt }),
    onChange: changed,
    onStoreError: onError,
  });

  function state(): CartwayState {
    return { connection: connection.state, queued: outbox.size, kept: outbox.kept };
  }

  function changed(): void {
    options.onState?.(state());
  }

  function receive(frame: HubFrame): void {
    if (frame.type === "room_joined") rooms.joined(frame);
    if (requests.receive(frame) || rooms.receive(frame)) return;
    const { id, type, error } = frame;
    if (id !== undefined && (type === "ack" || type === "error"))
      return void outbox.answer(id, error ?? null);
    if (type !== "heartbeat") options.onFrame?.(frame);
  }

  const stopWatching =
    page === undefined ? null : watchPage(page, connection, () => outbox.entries, options.beacon);
  void outbox.restore();
  queueMicrotask(() => connection.connect());

  return {
    sessionId,
    get state() {
      return state();
    },
    send(type, payload) {
      const own: unknown = "id" in payload ? payload.id : undefined;
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
      requests.disconnected();
      outbox.disconnected();
    },
  };
}

/** Comes back at once with the network, and lets nothing wait in a page that goes away. */
function watchPage(
  page: Page,
  connection: Connection,
  entries: () => Outbox["entries"],
  beacon: BeaconOptions | undefined,
): () => void {
  const online = (): void => connection.connect();
  const offline = (): void => connection.lost();
  const shown = (): void => {
    if (page.document.visibilityState === "visible") connection.connect();
  };
  const hidden = (): void => {
    if (beacon !== undefined)
      sendBeacons(entries(), beacon, (url, body) => page.navigator.sendBeacon(url, body));
  };
  page.addEventListener("online", online);
  page.addEventListener("offline", offline);
  page.addEventListener("pagehide", hidden);
  page.document.addEventListener("visibilitychange", shown);
  return () => {
    page.removeEventListener("online", online);
    page.removeEventListener("offline", offline);
    page.removeEventListener("pagehide", hidden);
    page.document.removeEventListener("visibilitychange", shown);
  };
}

function warn(error: unknown): void {
  // oxlint-disable-next-line no-console -- a page that listens to nothing has no other place to be told
  console.warn("cartway:", error);
}

/** Carts do not wait for each other; what belongs to none keeps the order of the page. */
function cartOf({ payload }: QueuedMessage): string {
  const { cartId } = payload as { readonly cartId?: unknown };
  return typeof cartId === "string" ? cartId : "";
}

/** Node has one from version 22 on. */
function ownWebSocket(): ClientSocketConstructor {
  const { WebSocket } = globalThis;
  if (!WebSocket)
    throw new Error(
      "There is no WebSocket here: pass one, createCartway({ WebSocket }), such as that of the package ws.",
    );
  return WebSocket;
}

function absolute(url: string, page: Page | undefined): string {
  return page === undefined ? url : new URL(url, page.location.href).href.replace(/^http/, "ws");
}

/** Reading the property alone throws where a page may keep nothing. */
function storageOf(page: Page | undefined): Page["localStorage"] | undefined {
  try {
    return page?.localStorage;
  } catch {
    return undefined;
  }
}
