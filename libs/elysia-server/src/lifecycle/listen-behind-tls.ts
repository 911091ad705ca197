import { connect } from "node:net";
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type TLSSocket,
  type TlsOptions,
} from "node:tls";
import type { SocketAddress } from "bun";
import { CartwayError, renderError } from "@libs/errors";
import { followRejections, toRequest } from "@libs/http1";
import type { AppServer } from "../app.ts";
import { noteClientCertificate } from "../http/client-certificate.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { TlsSettings } from "../tls-settings.ts";
import { fetchOf } from "./fetch-of.ts";
import { FrontAdmissions } from "./front-admissions.ts";
import { FrontSockets } from "./front-sockets.ts";
import { addressOf, type Listener, type ListenOptions } from "./listener.ts";

const handshakeTimeoutMs = 10_000;
const loopback = "127.0.0.1";

/** Who opened a connection. */
interface Peer {
  readonly address: SocketAddress;
  readonly certificate: Buffer | null;
  readonly socket: TLSSocket;
  /** It is told that there are too many connections, and nothing else. */
  readonly isTurnedAway: boolean;
}

/**
 * TLS ended by `node:tls`, which alone tells of the client's certificate and of connections that come and go, before a `Bun.serve` on a loopback port that takes no
 * other connections: each connection is carried there by one of its own, and known by that one's port. Certificates change
 * without a second server. It costs half as much CPU again as `listenDirectly`.
 */
export async function listenBehindTls(
  options: ListenOptions & { readonly tls: TlsSettings },
): Promise<Listener> {
  const peers = new Map<number, Peer>();
  const fronts = new FrontSockets(options.idleTimeoutSeconds * 1000);
  const admissions = new FrontAdmissions(options);
  const inner = serveInside(options, peers, fronts);
  const innerPort = inner.port ?? 0;
  let contexts = contextsOf(options.tls);
  const front = createServer(
    {
      ...serverOptions(options.tls),
      handshakeTimeout: handshakeTimeoutMs,
      SNICallback: (name, done) => done(null, contextFor(contexts, name)),
    },
    (socket) => {
      fronts.add(socket);
      carry({ socket, isTurnedAway: admissions.isTurnedAway(socket) }, innerPort, peers);
    },
  );
  // Before the handshake, so that a flood of connections costs none.
  front.on("connection", (socket) => admissions.opened(socket));
  // A handshake that fails is the client's affair.
  front.on("tlsClientError", (_error, socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      front.once("error", reject);
      front.listen({ port: options.port, host: options.hostname, reusePort: options.reusePort }, resolve);
    });
  } catch (error) {
    await inner.stop(true);
    throw error;
  }
  const bound = front.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : options.port;

  async function closeFront(): Promise<void> {
    await new Promise<void>((resolve) => void front.close(() => resolve()));
  }

  return {
    address: addressOf({ hostname: options.hostname, port }, true),
    get pending() {
      return { requests: inner.pendingRequests, sockets: inner.pendingWebSockets };
    },
    replaceTls(next) {
      if ((next.clientCertificates === null) !== (options.tls.clientCertificates === null))
        throw new Error("whether clients are asked for certificates is settled when the listener is opened");
      const nextContexts = contextsOf(next);
      front.setSecureContext(serverOptions(next));
      contexts = nextContexts;
    },
    stop: async () => void (await Promise.all([closeFront(), inner.stop()])),
    async cut() {
      fronts.destroy();
      await inner.stop(true);
    },
  };
}

function serveInside(
  options: ListenOptions & { readonly tls: TlsSettings },
  peers: ReadonlyMap<number, Peer>,
  fronts: FrontSockets,
) {
  const { websocket, answerError, tls } = options;
  const fetch = fetchOf(options.handle);
  const server = Bun.serve<unknown>({
    hostname: loopback,
    port: 0,
    websocket: followRejections(websocket),
    development: false,
    reusePort: false,
    idleTimeout: options.idleTimeoutSeconds,
    maxRequestBodySize: options.bodyBytesMax,
    http2: tls.http2,
    error: (thrown) => answerError(thrown, Bun.randomUUIDv7()),
    // Another program on this machine found the port: it is nobody's client.
    fetch(request) {
      const peer = peerOf(request);
      if (peer === null) return renderError(new CartwayError("forbidden"), requestIdOf(request));
      if (peer.isTurnedAway) return turnAway(request);
      if (peer.certificate !== null) noteClientCertificate(request, peer.certificate);
      return fetch(request, outside);
    },
  });

  function peerOf(request: Request): Peer | null {
    return peers.get(server.requestIP(request)?.port ?? 0) ?? null;
  }

  const outside: AppServer = {
    hostname: options.hostname,
    port: options.port,
    get pendingWebSockets() {
      return server.pendingWebSockets;
    },
    upgrade: (request, upgrading) => server.upgrade(toRequest(request), upgrading),
    publish: (topic, data, compress) => server.publish(topic, data, compress),
    requestIP: (request) => peerOf(toRequest(request))?.address ?? null,
    timeout(request, seconds) {
      const peer = peerOf(toRequest(request));
      if (peer !== null) fronts.hurry(peer.socket, seconds * 1000);
    },
    isBehindTls: true,
  };
  return server;
}

function turnAway(request: Request): Response {
  const error = new CartwayError("too_many_connections", { retryAfterSeconds: 5 });
  const answer = renderError(error, requestIdOf(request));
  answer.headers.set("connection", "close");
  return answer;
}

/** Carries bytes both ways until either end is done. Nothing is carried before the peer is noted. */
function carry(
  { socket, isTurnedAway }: Pick<Peer, "socket" | "isTurnedAway">,
  innerPort: number,
  peers: Map<number, Peer>,
): void {
  const certificate = socket.getPeerX509Certificate()?.raw ?? null;
  const { remoteAddress = "", remotePort = 0, remoteFamily } = socket;
  const family = remoteFamily === "IPv6" ? "IPv6" : "IPv4";
  // One that no authority has signed is refused, whether certificates are required or not.
  if (certificate !== null && !socket.authorized) return void socket.destroy();
  const onward = connect({ host: loopback, port: innerPort, noDelay: true });
  let innerSidePort = 0;
  onward.once("connect", () => {
    innerSidePort = onward.localPort ?? 0;
    const address: SocketAddress = { address: remoteAddress, port: remotePort, family };
    peers.set(innerSidePort, { address, certificate, socket, isTurnedAway });
    socket.pipe(onward);
    onward.pipe(socket);
  });
  socket.once("close", () => onward.destroy());
  onward.once("close", () => {
    peers.delete(innerSidePort);
    socket.destroySoon();
  });
  socket.on("error", () => onward.destroy());
  onward.on("error", () => socket.destroy());
}

function serverOptions(tls: TlsSettings): TlsOptions {
  const { certificates, http2, clientCertificates } = tls;
  const [first] = certificates;
  return {
    ...contextOptions(tls, first),
    ALPNProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
    requestCert: clientCertificates !== null,
    rejectUnauthorized: clientCertificates?.required ?? false,
  };
}

/** By the names that clients ask for, lower case. */
function contextsOf(tls: TlsSettings): ReadonlyMap<string, SecureContext> {
  return new Map(
    tls.certificates.flatMap((certificate) => {
      const context = createSecureContext(contextOptions(tls, certificate));
      return certificate.serverNames.map((name) => [name.toLowerCase(), context] as const);
    }),
  );
}

/** `*` stands for the first label and for that alone. */
function contextFor(contexts: ReadonlyMap<string, SecureContext>, asked: string): SecureContext | undefined {
  const name = asked.toLowerCase().replace(/\.$/, "");
  return contexts.get(name) ?? contexts.get(name.replace(/^[^.]+/, "*"));
}

function contextOptions(
  { minVersion, clientCertificates }: TlsSettings,
  pair: TlsSettings["certificates"][number] | undefined,
) {
  return {
    ...(pair === undefined ? {} : { cert: pair.cert, key: pair.key }),
    minVersion: minVersion === "1.3" ? "TLSv1.3" : "TLSv1.2",
    ...(clientCertificates === null ? {} : { ca: clientCertificates.authorities }),
  } as const;
}
