import { followRejections } from "@libs/http1";
import type { TlsSettings } from "../tls-settings.ts";
import { fetchOf } from "./fetch-of.ts";
import { refuseTakenPort } from "./refuse-taken-port.ts";
import { addressOf, type Listener, type ListenOptions } from "./listener.ts";

/** OpenSSL's `SSL_OP_NO_TLSv1_2`. What is older, Bun does not speak at all. */
const noTls12 = 0x08000000;

type BunServer = Bun.Server<unknown>;

/**
 * One `Bun.serve`, which ends TLS itself where it is told to. It cannot change its certificates: other ones come with a second
 * server on the same port, and the first finishes what it has. What is just shaking hands with the first at that moment is cut.
 */
export function listenDirectly(options: ListenOptions): Listener {
  const { hostname, port, tls } = options;
  const sharesPort = options.reusePort || tls !== null;
  if (sharesPort && !options.reusePort) refuseTakenPort(hostname, port);
  let current = serve(options, port, tls, sharesPort);
  const address = addressOf(current, tls !== null);
  /** The ones that finish what they have, the present one last. */
  const servers = new Set([current]);

  function retire(server: BunServer): void {
    void server.stop().then(() => servers.delete(server));
  }

  return {
    address,
    get pending() {
      let [requests, sockets] = [0, 0];
      for (const server of servers) {
        requests += server.pendingRequests;
        sockets += server.pendingWebSockets;
      }
      return { requests, sockets };
    },
    replaceTls(next) {
      if (tls === null) throw new Error("the listener was opened without TLS");
      if (next.clientCertificates !== null)
        throw new Error("the listener was opened without client certificates");
      const before = current;
      current = serve(options, address.port, next, true);
      servers.add(current);
      retire(before);
    },
    stop: async () => void (await Promise.all([...servers].map((server) => server.stop()))),
    cut: async () => void (await Promise.all([...servers].map((server) => server.stop(true)))),
  };
}

function serve(
  { hostname, handle, websocket, answerError, ...options }: ListenOptions,
  port: number,
  tls: TlsSettings | null,
  reusePort: boolean,
): BunServer {
  return Bun.serve<unknown>({
    hostname,
    port,
    fetch: fetchOf(handle),
    websocket: followRejections(websocket),
    development: false,
    reusePort,
    idleTimeout: options.idleTimeoutSeconds,
    maxRequestBodySize: options.bodyBytesMax,
    // What a front throws. Its request is not known here, so the answer has an id of its own, which the log has too.
    error: (thrown) => answerError(thrown, Bun.randomUUIDv7()),
    ...(tls === null ? {} : { tls: contextsOf(tls), http2: tls.http2 }),
  });
}

function contextsOf({ certificates, minVersion }: TlsSettings): Bun.TLSOptions[] {
  const secureOptions = minVersion === "1.3" ? noTls12 : 0;
  const named = certificates.flatMap(({ cert, key, serverNames }) =>
    serverNames.map((serverName) => ({ cert, key, serverName, secureOptions })),
  );
  return [...certificates.slice(0, 1).map(({ cert, key }) => ({ cert, key, secureOptions })), ...named];
}
