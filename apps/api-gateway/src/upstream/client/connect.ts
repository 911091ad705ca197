import type { Socket, SocketHandler, TLSOptions } from "bun";
import type { UpstreamTarget } from "../../model/upstream/upstream.ts";
import type { Connection } from "./connection.ts";
import { serverNameOf } from "./server-name.ts";

/** Opens a connection's socket, whose events go to the connection. Bun verifies certificate and name. */
export function connect(target: UpstreamTarget, connection: Connection): void {
  const isTls = target.protocol === "https";
  const options = {
    data: connection,
    socket: isTls ? tlsHandlers : plainHandlers,
    ...(isTls ? { tls: tlsOf(target) } : {}),
  };
  const place = target.unixPath;
  const connecting =
    place === undefined
      ? Bun.connect<Connection>({ ...options, hostname: target.host, port: target.port })
      : Bun.connect<Connection>({ ...options, unix: place });
  connecting.catch((thrown: unknown) => connection.lost("connect", "no connection", thrown));
}

function tlsOf(target: UpstreamTarget): TLSOptions {
  const { tls } = target;
  return { ...tls, serverName: serverNameOf(target), rejectUnauthorized: tls?.rejectUnauthorized ?? true };
}

const common: SocketHandler<Connection> = {
  data: (socket, bytes) => socket.data.received(bytes),
  drain: (socket) => socket.data.drained(),
  end: (socket) => socket.data.ended(),
  close: (socket, error) => socket.data.lost("reset", "the connection was closed", error),
  error: (socket, error) => socket.data.lost("reset", "the connection broke", error),
  connectError: (socket, error) => socket.data.lost("connect", "no connection", error),
};

const plainHandlers: SocketHandler<Connection> = { ...common, open: (socket) => socket.data.opened(socket) };

const tlsHandlers: SocketHandler<Connection> = {
  ...common,
  open: (socket) => socket.data.reached(socket),
  /** Trust is told of any certificate, also where none is asked for. */
  handshake(socket: Socket<Connection>, isTrusted, problem) {
    if (isTrusted || socket.data.trustsAnybody) return socket.data.opened(socket);
    socket.data.lost("tls", "the certificate was refused", problem ?? undefined);
  },
};
