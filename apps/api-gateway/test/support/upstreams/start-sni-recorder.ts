import { createServer, type TLSSocket } from "node:tls";
import type { UpstreamTarget } from "../../../src/model/upstream/upstream.ts";
import { makeCertificate } from "../tls/make-certificate.ts";

export interface SniRecorder extends AsyncDisposable {
  /** By its address. */
  readonly target: UpstreamTarget;
  readonly ca: string;
  /** The names that clients sent as SNI; a client that sends none adds none. */
  readonly asked: readonly string[];
}

/** A service behind TLS with a certificate for that name or IPv4 address alone. It answers every request `secured`. */
export async function startSniRecorder(certified: string): Promise<SniRecorder> {
  const { ca, cert, key } = await makeCertificate(certified);
  const asked: string[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer({
    cert,
    key,
    SNICallback(name, answer) {
      asked.push(name);
      answer(null);
    },
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    // a client that refuses the certificate resets the connection
    socket.on("error", () => undefined);
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsecured"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  const { port } = address;
  return {
    target: { id: `127.0.0.1:${port}`, protocol: "https", host: "127.0.0.1", port },
    ca,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
