import { connect } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { KeyPair } from "@libs/testing";

/** The address from which the front speaks to the gateway: the one to trust. */
export const frontAddress = "127.0.0.2";

export interface TlsFront extends AsyncDisposable {
  /** With or without a certificate of the caller's own. @param headers as the caller sends them */
  ask(
    method: string,
    path: string,
    client: KeyPair | null,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

/**
 * A proxy that terminates TLS in front of the gateway, as it should: requests a client certificate, accepts only those of the authority and
 * clients without one, removes the client's own header, and sets the certificate of the handshake. One request per connection.
 */
export async function startTlsFront(gatewayPort: number, own: KeyPair, authority: string): Promise<TlsFront> {
  const asks = { ca: authority, requestCert: true, rejectUnauthorized: false };
  const open = new Set<TLSSocket>();
  const server = createServer({ ...own, ...asks }, (socket) => {
    open.add(socket);
    bridge(socket, gatewayPort);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return {
    ask: (method, path, client, headers = {}) =>
      fetch(`https://127.0.0.1:${address.port}${path}`, {
        method,
        headers,
        keepalive: false,
        tls: { rejectUnauthorized: false, ...client },
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function bridge(socket: TLSSocket, port: number): void {
  const certificate = socket.getPeerX509Certificate();
  const told = certificate === undefined ? [] : [`client-cert: :${certificate.raw.toString("base64")}:`];
  socket.on("error", () => socket.destroy());
  if (certificate !== undefined && !socket.authorized) {
    socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    return;
  }
  let head = "";
  socket.on("data", (bytes: Buffer) => {
    head += bytes.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    const lines = head.slice(0, end).split("\r\n");
    const kept = lines.filter((line) => !/^(client-cert|connection):/i.test(line));
    const onward = connect({ host: "127.0.0.1", port, localAddress: frontAddress });
    onward.on("error", () => socket.destroy());
    onward.write([...kept, ...told, "connection: close", "", head.slice(end + 4)].join("\r\n"), "latin1");
    onward.pipe(socket);
    head = "";
  });
}
