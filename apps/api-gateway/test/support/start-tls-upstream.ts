import type { UpstreamTarget } from "../../src/model/upstream.ts";
import { makeCertificate } from "./make-certificate.ts";

export interface TlsUpstream extends AsyncDisposable {
  /** By its address; trusts nobody by itself. */
  readonly target: UpstreamTarget;
  /** The authority that signed its certificate, PEM. */
  readonly ca: string;
}

/** A service behind TLS with a certificate for that name alone. */
export async function startTlsUpstream(name: string): Promise<TlsUpstream> {
  const { cert, key, ca } = await makeCertificate(name);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert, key },
    fetch: () => new Response("secured"),
  });
  return {
    target: { id: `127.0.0.1:${server.port}`, protocol: "https", host: "127.0.0.1", port: server.port ?? 0 },
    ca,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
