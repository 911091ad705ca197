import type { KeyPair } from "@libs/testing";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { clientCertificateOf } from "../src/http/client-certificate.ts";
import type { ElysiaServerOptions } from "../src/server-options.ts";
import type { TlsCertificate, TlsSettings } from "../src/tls-settings.ts";
import { type StartedServer, startServer } from "./start-server.ts";

export const withNames = (pair: KeyPair, ...serverNames: string[]): TlsCertificate => ({
  ...pair,
  serverNames,
});

export function tlsWith(
  certificates: readonly TlsCertificate[],
  more: Partial<TlsSettings> = {},
): TlsSettings {
  return { certificates, minVersion: "1.2", http2: true, clientCertificates: null, redirect: null, ...more };
}

/** Answers with the properties of the request that it sees. */
export function startTlsServer(
  tls: TlsSettings,
  options: Partial<ElysiaServerOptions> = {},
): Promise<StartedServer> {
  return startServer({
    tls,
    front: (request, server) =>
      Response.json({
        url: request.url,
        address: server.requestIP(request)?.address,
        certificate: clientCertificateOf(request)?.length ?? null,
      }),
    ...options,
  });
}

/** Connects with TLS. Rejects where the handshake fails, or the server closes before sending anything. */
export async function shakeHands(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, ...options });
  await new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

/** The common name of the certificate for that server name. */
export async function shownTo(port: number, ca: string, servername: string): Promise<string> {
  const socket = await shakeHands(port, { ca, servername, checkServerIdentity: () => undefined });
  const name: unknown = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return String(name);
}
