import { connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { SocketAddress } from "bun";
import { CartwayError, renderError } from "@libs/errors";
import { type IncomingRequest, incomingOf } from "@libs/http1";
import type { AppServer } from "../app.ts";
import { noteClientCertificate } from "../http/client-certificate.ts";
import { requestIdOf } from "../http/request-id.ts";
import { fetchOf } from "./fetch-of.ts";
import { bodyMark, Http2BodyMarks } from "./http2-body-marks.ts";
import type { ListenOptions } from "./listener.ts";

const loopback = "127.0.0.1";

/** The client of a connection. */
export interface TlsPeer {
  readonly socket: TLSSocket;
  readonly certificate: Buffer | null;
  /** The connection exceeds a limit: every request is answered 503. */
  readonly isTurnedAway: boolean;
}

interface KnownPeer extends TlsPeer {
  readonly address: SocketAddress;
}

/**
 * HTTP/2 after TLS termination: a `Bun.serve` on a loopback port, for bridged connections only. Each connection has a loopback connection
 * of its own, and is identified by the local port of that.
 */
export class Http2Bridge {
  readonly #peers = new Map<number, KnownPeer>();
  readonly #server: Bun.Server<unknown>;

  /** @param outside the server that the app sees: the listener that clients connect to. */
  constructor(
    options: Pick<ListenOptions, "handle" | "answerError" | "idleTimeoutSeconds" | "bodyBytesMax">,
    outside: () => AppServer,
  ) {
    const fetch = fetchOf(options.handle);
    this.#server = Bun.serve<unknown>({
      hostname: loopback,
      port: 0,
      development: false,
      reusePort: false,
      idleTimeout: options.idleTimeoutSeconds,
      maxRequestBodySize: options.bodyBytesMax,
      http2: true,
      // WebSockets over HTTP/2 are not supported
      websocket: { message() {} },
      error: (thrown) => options.answerError(thrown, Bun.randomUUIDv7()),
      fetch: (request) => {
        const peer = this.peerOf(request);
        // another program on this machine connected to the port
        if (peer === null) return renderError(new CartwayError("forbidden"), requestIdOf(request));
        if (peer.isTurnedAway) return turnAway(request);
        if (peer.certificate !== null) noteClientCertificate(request, peer.certificate);
        announceWithheldBody(request);
        return fetch(request, outside());
      },
    });
  }

  get pendingRequests(): number {
    return this.#server.pendingRequests;
  }

  /** The client of a request; `null` where it did not come through the bridge. */
  peerOf(asked: IncomingRequest): KnownPeer | null {
    const request = incomingOf(asked);
    if (!(request instanceof Request)) return null;
    return this.#peers.get(this.#server.requestIP(request)?.port ?? 0) ?? null;
  }

  /** Copies bytes both ways until either side ends. The client MUST be registered before the first byte. */
  carry(peer: TlsPeer): void {
    const { socket } = peer;
    const { remoteAddress = "", remotePort = 0, remoteFamily } = socket;
    const family = remoteFamily === "IPv6" ? "IPv6" : "IPv4";
    const onward = connect({ host: loopback, port: this.#server.port ?? 0, noDelay: true });
    let innerSidePort = 0;
    onward.once("connect", () => {
      innerSidePort = onward.localPort ?? 0;
      const address: SocketAddress = { address: remoteAddress, port: remotePort, family };
      this.#peers.set(innerSidePort, { ...peer, address });
      passOn(socket, onward);
      onward.pipe(socket);
    });
    socket.once("close", () => onward.destroy());
    onward.once("close", () => {
      this.#peers.delete(innerSidePort);
      socket.destroySoon();
    });
    socket.on("error", () => onward.destroy());
    onward.on("error", () => socket.destroy());
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  cut(): Promise<void> {
    return this.#server.stop(true);
  }
}

/** Passes on what a client sends, with a mark on each request that has a body, at the server's pace. */
function passOn(socket: TLSSocket, onward: Socket): void {
  const marks = new Http2BodyMarks();
  socket.on("data", (bytes: Buffer) => {
    if (onward.write(marks.push(bytes))) return;
    socket.pause();
    onward.once("drain", () => socket.resume());
  });
  socket.once("end", () => onward.end());
}

/** Bun withholds the body of a GET or HEAD: it is announced as over HTTP/1.1, so that the app can refuse the request. */
function announceWithheldBody({ method, headers }: Request): void {
  if (!headers.has(bodyMark)) return;
  headers.delete(bodyMark);
  if (method === "GET" || method === "HEAD") headers.set("transfer-encoding", "chunked");
}

function turnAway(request: Request): Response {
  const error = new CartwayError("too_many_connections", { retryAfterSeconds: 5 });
  const answer = renderError(error, requestIdOf(request));
  answer.headers.set("connection", "close");
  return answer;
}
