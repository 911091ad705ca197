import { CartwayClientError, type HubFrame, isFinal, readFrame } from "../wire.ts";
import type { ClientSocket, ClientSocketConstructor } from "./client-socket.ts";
import type { ConnectionState } from "./state.ts";

/** Authenticates a connection; requested anew for each. A ticket can be used once; a token is sent as a subprotocol, never in the URL. */
export type Credential = { readonly token: string } | { readonly ticket: string } | null;

export interface ConnectionOptions {
  readonly url: string;
  readonly credential: () => Credential | Promise<Credential>;
  readonly onState: (state: ConnectionState) => void;
  /** Receives errors of `credential`; the connection waits and tries again. */
  readonly onError: (error: unknown) => void;
  /** Called after the hub's welcome, when frames can be sent, with the rooms that the hub joined automatically. */
  readonly onOpen: (rooms: readonly string[]) => void;
  readonly onClose: () => void;
  readonly onFrame: (frame: HubFrame) => void;
  /** Bound on the delay between two attempts. */
  readonly backoffMaxMs: number;
  readonly WebSocket: ClientSocketConstructor;
  /** Alternated with WebSocket where that fails to open; `null` for none. */
  readonly fallback: ClientSocketConstructor | null;
  readonly isOffline: () => boolean;
}

const backoffBaseMs = 500;
const welcomeMs = 10_000;
const answerMs = 8000;
/** How long before its expiry a credential is renewed. */
const reauthBeforeMs = 30_000;
const reauthMsMin = 1000;
const timerMsMax = 2 ** 31 - 1;

/** A WebSocket that reconnects by itself: exponential backoff with full jitter, heartbeats, credential renewal. */
export class Connection {
  readonly #options: ConnectionOptions;
  #socket: ClientSocket | null = null;
  /** The transport of the last successful connection. */
  #transport: ClientSocketConstructor | null = null;
  /** Failed attempts since then. */
  #failed = 0;
  #state: ConnectionState = { status: "connecting", attempt: 0 };
  #attempt = 0;
  #heartbeatMs = 25_000;
  #frameBytesMax = 0;
  #hintMs = 0;
  /** The last known reason for a close or refusal, since the last successful connection. */
  #reason = "";
  #hasBeenOpen = false;
  /** Counts attempts, also those given up: a credential that arrives later is of no use to the next one. */
  #current = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #reauth: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * Connects at once, skipping the backoff. An open connection is probed with a heartbeat: after sleep, a device may not know that it is
   * dead.
   */
  connect(): void {
    if (this.#state.status === "open") return this.#probe();
    if (this.#socket !== null || this.#state.status === "closed") return;
    clearTimeout(this.#waiting);
    if (this.#options.isOffline()) return this.#change({ status: "offline" });
    this.#change({ status: "connecting", attempt: this.#attempt });
    void this.#open();
  }

  /**
   * False without an open connection. @throws CartwayClientError `too_large` where the hub would close the connection for the frame's
   * size
   */
  send(frame: object): boolean {
    if (this.#state.status !== "open" || this.#socket === null) return false;
    const text = JSON.stringify(frame);
    const max = this.#frameBytesMax;
    if (text.length * 3 > max && new Blob([text]).size > max)
      throw new CartwayClientError({ code: "too_large", message: `Over ${max} bytes.`, retryable: false });
    this.#socket.send(text);
    return true;
  }

  /** The network is, or is assumed to be, gone. */
  lost(): void {
    this.#drop(1006, "lost");
  }

  close(): void {
    clearTimeout(this.#waiting);
    this.#change({ status: "closed", code: 1000, reason: "closed" });
    this.#detach()?.close(1000);
    this.#options.onClose();
  }

  async #open(): Promise<void> {
    const { url } = this.#options;
    const Transport = this.#chooseTransport();
    const attempt = ++this.#current;
    this.#expect(welcomeMs);
    let socket: ClientSocket;
    try {
      const credential = await this.#options.credential();
      if (attempt !== this.#current) return;
      const protocols = ["cartway.v1"];
      if (credential !== null) {
        protocols.push("token" in credential ? `bearer.${credential.token}` : `ticket.${credential.ticket}`);
      }
      const resume = this.#hasBeenOpen ? `${url.includes("?") ? "&" : "?"}resume=1` : "";
      // throws for a token that is not a valid subprotocol
      socket = new Transport(url + resume, protocols);
    } catch (error) {
      this.#options.onError(error);
      if (attempt === this.#current) this.#drop(1006, "");
      return;
    }
    this.#socket = socket;
    this.#expect(welcomeMs);
    // the sockets of package ws are Node emitters, where an `error` without a listener ends the process
    socket.addEventListener("error", () => undefined);
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(data, Transport);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket === this.#socket) this.#drop(code, reason);
    });
  }

  /**
   * Before the first success, two attempts with each transport in turn; afterwards, the other one only after six failures, when an outage
   * of the hub is unlikely to be the cause.
   */
  #chooseTransport(): ClientSocketConstructor {
    const { WebSocket, fallback } = this.#options;
    const usual = this.#transport ?? WebSocket;
    const isOthers = this.#transport === null ? this.#failed % 4 > 1 : this.#failed % 8 > 5;
    if (fallback === null || !isOthers) return usual;
    return usual === fallback ? WebSocket : fallback;
  }

  #receive(data: unknown, transport: ClientSocketConstructor): void {
    const frame = readFrame(data);
    if (frame === null) return;
    this.#listen();
    if (frame.type === "welcome") {
      this.#transport = transport;
      return this.#welcome(frame.payload as Welcome);
    }
    if (frame.type === "reconnect")
      this.#hintMs = Number((frame.payload as { afterMs?: number }).afterMs) || 0;
    else if (frame.type === "reauth")
      this.#renewBefore((frame.payload as Pick<Welcome, "expiresInMs">).expiresInMs);
    else this.#options.onFrame(frame);
  }

  #welcome(welcome: Welcome): void {
    const { connectionId, userId, heartbeatMs, frameBytesMax, expiresInMs, rooms = [] } = welcome;
    this.#heartbeatMs = heartbeatMs;
    this.#frameBytesMax = frameBytesMax;
    this.#attempt = 0;
    this.#failed = 0;
    this.#reason = "";
    this.#hasBeenOpen = true;
    this.#renewBefore(expiresInMs);
    this.#listen();
    this.#change({ status: "open", connectionId, userId });
    this.#options.onOpen(rooms);
  }

  /** Restarts the silence timer. After a silence a heartbeat is sent; if that goes unanswered, the connection is dead. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#probe(), this.#heartbeatMs);
  }

  #probe(): void {
    this.send({ type: "heartbeat" });
    this.#expect(answerMs);
  }

  #expect(withinMs: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.lost(), withinMs);
  }

  /**
   * Uses the hub's duration, because the device's clock may be wrong by days. Always waits a minimum, so that a credential near its end
   * causes no loop.
   */
  #renewBefore(expiresInMs: number | null | undefined): void {
    clearTimeout(this.#reauth);
    if (typeof expiresInMs !== "number") return;
    const beforeMs = Math.min(reauthBeforeMs, expiresInMs / 2);
    const waitMs = Math.min(timerMsMax, Math.max(reauthMsMin, expiresInMs - beforeMs));
    this.#reauth = setTimeout(() => void this.#renew(), waitMs);
  }

  /** If this fails, the hub closes the connection when the credential expires, and the next connection gets a fresh one. */
  async #renew(): Promise<void> {
    try {
      const credential = await this.#options.credential();
      if (credential !== null) this.send({ type: "reauth", payload: credential });
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #drop(code: number, reason: string): void {
    const wasOpen = this.#state.status === "open";
    const socket = this.#detach();
    if (socket !== null && !wasOpen) this.#failed += 1;
    if (socket !== null && socket.readyState < 2) socket.close();
    if (this.#state.status === "closed") return;
    this.#reason = reason || this.#reason;
    if (isFinal(code)) this.#change({ status: "closed", code, reason });
    else this.#wait();
    if (wasOpen) this.#options.onClose();
  }

  /** Full jitter: a thousand clients that lost the same server do not reconnect at the same time. */
  #wait(): void {
    if (this.#options.isOffline()) return this.#change({ status: "offline" });
    const { backoffMaxMs } = this.#options;
    const waitMs = this.#hintMs + Math.random() * Math.min(backoffMaxMs, backoffBaseMs * 2 ** this.#attempt);
    this.#hintMs = 0;
    this.#attempt += 1;
    const until = Date.now() + waitMs;
    this.#change({ status: "waiting", attempt: this.#attempt, until, reason: this.#reason });
    this.#waiting = setTimeout(() => this.connect(), waitMs);
  }

  #detach(): ClientSocket | null {
    this.#current += 1;
    clearTimeout(this.#silence);
    clearTimeout(this.#reauth);
    const socket = this.#socket;
    this.#socket = null;
    return socket;
  }

  #change(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

interface Welcome {
  readonly connectionId: string;
  readonly userId: string | null;
  readonly heartbeatMs: number;
  readonly frameBytesMax: number;
  readonly expiresInMs: number | null;
  readonly rooms?: readonly string[];
}
