import { createServer, type Server, type TLSSocket } from "node:tls";
import { Connections, type RequestOrigin, ServerSockets } from "@libs/http1";
import { noteClientCertificate } from "../http/client-certificate.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { TlsSettings } from "../tls-settings.ts";
import { FrontAdmissions } from "./front-admissions.ts";
import { FrontSockets } from "./front-sockets.ts";
import { Http2Bridge, type TlsPeer } from "./http2-bridge.ts";
import { addressOf, type Listener, type ListenOptions } from "./listener.ts";
import { TlsContexts, tlsOptionsOf } from "./tls-contexts.ts";
import { TlsServer } from "./tls-server.ts";
import { TlsWireSocket } from "./tls-wire-socket.ts";

const handshakeTimeoutMs = 10_000;

type TlsListenOptions = ListenOptions & { readonly tls: TlsSettings };

/**
 * TLS terminated by `node:tls`, which exposes connections and client certificates. HTTP/1.1 and WebSockets are read by the same code as
 * without TLS, so that the same bytes get the same answer; HTTP/2 is Bun's. Certificates are replaced in place, without a second server.
 */
export async function listenBehindTls(options: TlsListenOptions): Promise<Listener> {
  const { tls, hostname } = options;
  let port = options.port;
  const sockets = new ServerSockets(options.websocket);
  const fronts = new FrontSockets(options.idleTimeoutSeconds * 1000, () => options.onTrouble?.("stalled"));
  const admissions = new FrontAdmissions(options);
  const contexts = new TlsContexts(tls);
  const bridge = tls.http2 ? new Http2Bridge(options, () => server) : null;
  const listening = () => ({ hostname, port });
  const server: TlsServer = new TlsServer({ sockets, fronts, bridge, listening });
  const http1 = speakHttp1(options, server);
  const settings = { handshakeTimeout: handshakeTimeoutMs, allowHalfOpen: true };
  const front = createServer(
    { ...tlsOptionsOf(tls), ...settings, SNICallback: (name, done) => done(null, contexts.find(name)) },
    (socket) => {
      fronts.add(socket);
      const peer = peerOf(socket, tls, admissions);
      if (peer === null) socket.destroy();
      else if (bridge !== null && socket.alpnProtocol === "h2") bridge.carry(peer);
      else http1.accept(peer);
    },
  );
  // before the handshake, so that excess connections cost none
  front.on("connection", (socket) => admissions.opened(socket));
  // a failed handshake is the client's doing
  front.on("tlsClientError", (_error, socket) => socket.destroy());
  try {
    port = await open(front, options);
  } catch (error) {
    await bridge?.cut();
    throw error;
  }

  return {
    address: addressOf({ hostname, port }, true),
    get pending() {
      const requests = http1.connections.pendingRequests + (bridge?.pendingRequests ?? 0);
      return { requests, sockets: sockets.size };
    },
    replaceTls(next) {
      if ((next.clientCertificates === null) !== (tls.clientCertificates === null))
        throw new Error("whether clients are asked for certificates is settled when the listener is opened");
      contexts.replace(next);
      front.setSecureContext(tlsOptionsOf(next));
    },
    stop: async () =>
      void (await Promise.all([close(front), http1.connections.drain(), bridge?.stop() ?? null])),
    async cut() {
      http1.connections.cut();
      fronts.destroy();
      await bridge?.cut();
    },
  };
}

/** @returns the port. */
async function open(front: Server, { port, hostname, reusePort }: TlsListenOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject);
    front.listen({ port, host: hostname, reusePort }, resolve);
  });
  const bound = front.address();
  return typeof bound === "object" && bound !== null ? bound.port : port;
}

async function close(front: Server): Promise<void> {
  await new Promise<void>((resolve) => void front.close(() => resolve()));
}

/** `null` where the client's certificate was not signed by a trusted authority: refused, whether certificates are required or not. */
function peerOf(socket: TLSSocket, tls: TlsSettings, admissions: FrontAdmissions): TlsPeer | null {
  const asked = tls.clientCertificates !== null;
  const certificate = asked ? (socket.getPeerX509Certificate()?.raw ?? null) : null;
  if (certificate !== null && !socket.authorized) return null;
  return { socket, certificate, isTurnedAway: admissions.isTurnedAway(socket) };
}

function speakHttp1(options: TlsListenOptions, server: TlsServer) {
  const { handle, answerError, onTrouble } = options;
  const certificates = new WeakMap<RequestOrigin, Buffer>();
  const connections = new Connections(
    {
      bodyBytesMax: options.bodyBytesMax,
      idleTimeoutSeconds: options.idleTimeoutSeconds,
      bodyRate: options.bodyRate,
      handle(request) {
        const certificate = request.origin === null ? undefined : certificates.get(request.origin);
        if (certificate !== undefined) noteClientCertificate(request, certificate);
        return handle(request, server);
      },
      answerError: (thrown, request) => answerError(thrown, requestIdOf(request)),
      // refused connections were reported before their handshake
      onTrouble: (trouble) => void (trouble !== "turned-away" && onTrouble?.(trouble)),
    },
    "https",
  );
  return {
    connections,
    accept({ socket, certificate, isTurnedAway }: TlsPeer): void {
      const wire = new TlsWireSocket(socket);
      const connection = connections.accept(wire);
      if (certificate !== null) certificates.set(connection, certificate);
      if (isTurnedAway) connection.turnAway(false);
      wire.follow();
    },
  };
}
