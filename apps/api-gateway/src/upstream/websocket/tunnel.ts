import { type BucketRate, TokenBucket } from "@libs/rate-limit";
import type { Principal } from "../../model/identity/principal.ts";
import type { TunnelMetrics } from "./tunnel-metrics.ts";
import type { UpstreamSocket } from "./upstream-socket.ts";
import type { WebSocketSettings } from "./websocket-schema.ts";

/** The client's end, as Bun's `ServerWebSocket` is one. */
export interface TunnelClient {
  /** -1 if it is queued for the client, 0 if it was dropped. */
  send(data: string | Uint8Array): number;
  ping(data: Uint8Array): number;
  close(code: number, reason: string): void;
  terminate(): void;
  getBufferedAmount(): number;
  pause(): void;
  resume(): void;
}

export interface TunnelOptions {
  readonly routeId: string;
  /** Covers the config that applies to it: a reload that does not change this leaves the tunnel open. */
  readonly fingerprint: string;
  readonly settings: WebSocketSettings;
  /** The caller; `null` for an anonymous one. */
  readonly principal: Principal | null;
  readonly upstream: UpstreamSocket;
  readonly metrics: TunnelMetrics;
  /** Once, when both ends are gone or going. */
  readonly onEnd: () => void;
}

/** Longest wait for a client's answer to a close. */
const closeGraceMs = 3000;
/** Pings of the service whose answers are on their way. */
const pingsMax = 16;

/**
 * One WebSocket through the gateway: message by message, both ways. A side that reads slowly holds back the other one; what
 * waits in between is bounded. Pings of the service reach the client and its answers the service; pings of the client are
 * answered by the gateway and passed on.
 */
export class Tunnel {
  readonly routeId: string;
  readonly fingerprint: string;
  /** Bytes of the messages that were passed on, from and to the client. */
  bytesIn = 0;
  bytesOut = 0;
  readonly #options: TunnelOptions;
  readonly #openedAt = performance.now();
  readonly #pings: string[] = [];
  #client: TunnelClient | null = null;
  #activeAt = this.#openedAt;
  #pingedAt = 0;
  #closedAt = 0;
  #closedWith = 1012;
  #closedFor = "";
  #isClientHeld = false;
  #endedBy: "service" | "gateway" = "gateway";
  /** `null` for no limit on the client's rate. */
  readonly #rate: BucketRate | null;
  #bucket: TokenBucket | null = null;

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.routeId = options.routeId;
    this.fingerprint = options.fingerprint;
    const { messagesPerSec: perSec } = options.settings;
    this.#rate = perSec === undefined ? null : { perSec, burst: perSec * 2 };
  }

  get principal(): Principal | null {
    return this.#options.principal;
  }

  /** The client's end is open: from now on the service is read. */
  opened(client: TunnelClient): void {
    this.#client = client;
    this.#options.metrics.opened();
    if (this.#closedAt !== 0) return client.close(this.#closedWith, this.#closedFor);
    this.#options.upstream.start({
      message: (data) => this.#toClient(data),
      ping: (data) => this.#pingClient(data),
      pong: () => undefined,
      drained: () => this.#releaseClient(),
      closed: (code, reason, cause) => this.#serviceClosed(code, reason, cause),
    });
  }

  /** The upgrade did not come about. */
  abandon(): void {
    if (this.#closedAt !== 0) return;
    this.#closedAt = performance.now();
    this.#options.upstream.terminate();
    this.#options.onEnd();
  }

  received(data: string | Uint8Array): void {
    const { settings, upstream, metrics } = this.#options;
    if (this.#closedAt !== 0) return;
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    if (bytes > settings.messageBytesMax) return this.close(1009, 1009, "the message is too large");
    this.#activeAt = performance.now();
    if (!this.#takeToken()) return this.close(1008, 1008, "too many messages");
    upstream.send(data);
    this.bytesIn += bytes;
    metrics.message("to_service", bytes);
    this.#holdClient();
  }

  /** Bun has answered it already. */
  pinged(data: Uint8Array): void {
    if (this.#closedAt !== 0 || this.#isClientHeld) return;
    this.#options.upstream.ping(data);
    this.#holdClient();
  }

  /** Answers to the pings of Bun's own listener are not the service's. */
  ponged(data: Uint8Array): void {
    const at = this.#pings.indexOf(Buffer.from(data).toString("latin1"));
    if (at === -1) return;
    this.#pings.splice(0, at + 1);
    this.#options.upstream.pong(data);
  }

  /** The client has read what waited for it. */
  drained(): void {
    this.#options.upstream.resume();
  }

  /** The client's socket has closed. `reason` is Bun's own if the code is 1006 and Bun closed it. */
  closed(code: number, reason: string): void {
    this.#client = null;
    const { upstream, metrics } = this.#options;
    const by = this.#closedAt === 0 ? "client" : this.#endedBy;
    metrics.closed(code, by, (performance.now() - this.#openedAt) / 1000);
    if (this.#closedAt !== 0) return;
    this.#closedAt = performance.now();
    upstream.close(code === 1006 ? codeOfFault(reason) : code, reason);
    this.#options.onEnd();
  }

  /** Ends both ways for a reason of the gateway's own. */
  close(clientCode: number, serviceCode: number, reason: string): void {
    if (this.#closedAt !== 0) return;
    this.#closedAt = performance.now();
    this.#closedWith = clientCode;
    this.#closedFor = reason;
    this.#options.upstream.close(serviceCode, reason);
    this.#closeClient(clientCode, reason);
    this.#options.onEnd();
  }

  /** Closes with 1008 if the credential that opened it was revoked, unless the route lets its WebSockets outlive that. */
  endCredential(how: "expired" | "was revoked"): void {
    if (this.#options.settings.endsWithCredential) this.close(1008, 1008, `the credential ${how}`);
  }

  /**
   * What is looked after every second: expired credentials, idle tunnels, silent services, clients that do not answer a close.
   * @param clock milliseconds, as `performance.now`
   * @param now milliseconds since the epoch
   * @returns false when done
   */
  sweep(clock: number, now: number): boolean {
    const { settings, upstream, principal } = this.#options;
    if (this.#closedAt !== 0) {
      if (this.#client === null) return false;
      if (clock - this.#closedAt > closeGraceMs) this.#client.terminate();
      return true;
    }
    if (settings.endsWithCredential && principal !== null && principal.expiresAt <= now)
      this.endCredential("expired");
    else if (settings.idleMs > 0 && clock - this.#activeAt > settings.idleMs) this.close(1001, 1001, "idle");
    else if (settings.pingMs > 0 && !upstream.isPaused) this.#checkService(clock, settings.pingMs);
    return true;
  }

  #checkService(now: number, pingMs: number): void {
    const { upstream } = this.#options;
    if (this.#pingedAt > upstream.receivedAt) {
      if (now - this.#pingedAt > pingMs) upstream.terminate();
      return;
    }
    if (now - upstream.receivedAt <= pingMs) return;
    this.#pingedAt = now;
    upstream.ping(new Uint8Array());
  }

  #toClient(data: string | Uint8Array): void {
    const client = this.#client;
    if (client === null || this.#closedAt !== 0) return;
    this.#activeAt = performance.now();
    const sent = client.send(data);
    if (sent === 0 && data.length > 0) return this.close(1011, 1001, "a message could not be passed on");
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    this.bytesOut += bytes;
    this.#options.metrics.message("to_client", bytes);
    this.#holdService(client);
  }

  #pingClient(data: Uint8Array): void {
    if (this.#client === null) return;
    if (this.#pings.push(Buffer.from(data).toString("latin1")) > pingsMax) this.#pings.shift();
    this.#client.ping(data);
    this.#holdService(this.#client);
  }

  #holdService(client: TunnelClient): void {
    const { settings, upstream, metrics } = this.#options;
    if (client.getBufferedAmount() <= settings.bufferBytesMax || upstream.isPaused) return;
    upstream.pause();
    metrics.heldBack("to_client");
  }

  #holdClient(): void {
    const { settings, upstream, metrics } = this.#options;
    if (this.#isClientHeld || upstream.bufferedBytes <= settings.bufferBytesMax) return;
    this.#isClientHeld = true;
    this.#client?.pause();
    metrics.heldBack("to_service");
  }

  #releaseClient(): void {
    if (!this.#isClientHeld) return;
    this.#isClientHeld = false;
    this.#client?.resume();
  }

  #serviceClosed(code: number, reason: string, cause: "service" | "fault" | "gone"): void {
    if (this.#closedAt !== 0) return;
    this.#closedAt = performance.now();
    this.#endedBy = "service";
    if (cause === "service") this.#closeClient(code, reason);
    else this.#closeClient(code === 1009 ? 1009 : 1014, cause === "gone" ? "the service is gone" : "");
    this.#options.onEnd();
  }

  /** A held client is read again, or its answer to the close would never be seen. */
  #closeClient(code: number, reason: string): void {
    this.#releaseClient();
    this.#client?.close(code, reason);
  }

  #takeToken(): boolean {
    if (this.#rate === null) return true;
    this.#bucket ??= new TokenBucket(this.#rate, this.#activeAt);
    return this.#bucket.take(this.#rate, this.#activeAt) === 0;
  }
}

/**
 * The listener states the client's error in the reason, from which the close code for the service is derived: 1006 for a client that
 * vanished.
 */
function codeOfFault(reason: string): number {
  if (reason === "" || /timed out|TCP FIN/i.test(reason)) return 1006;
  if (/too big/i.test(reason)) return 1009;
  return /utf-8/i.test(reason) ? 1007 : 1002;
}
