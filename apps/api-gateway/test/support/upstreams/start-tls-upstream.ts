import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { UpstreamTarget } from "../../../src/model/upstream/upstream.ts";
import type { KeyPair } from "@libs/testing";
import { makeCertificate } from "../tls/make-certificate.ts";

export interface TlsUpstream extends AsyncDisposable {
  /** By its address, without trusting any authority. */
  readonly target: UpstreamTarget;
  readonly ca: string;
  readonly client: KeyPair;
}

export interface TlsUpstreamOptions {
  /** HTTP/2 only. */
  readonly http2?: boolean;
  /** Requires a client certificate of the same authority. */
  readonly asksForCertificate?: boolean;
}

/**
 * A service behind TLS with a certificate for that name or IPv4 address alone. It answers `secured`, the method, the path and the body;
 * over HTTP/1.1 it also takes WebSockets, and greets each with `secured`.
 */
export async function startTlsUpstream(name: string, options: TlsUpstreamOptions = {}): Promise<TlsUpstream> {
  const { ca, client, cert, key } = await makeCertificate(name);
  const server = { cert, key };
  const started = options.http2 === true ? await serveHttp2(server) : serveHttp1(server, ca, options);
  return {
    target: { id: `127.0.0.1:${started.port}`, protocol: "https", host: "127.0.0.1", port: started.port },
    ca,
    client,
    [Symbol.asyncDispose]: () => started.stop(),
  };
}

interface Started {
  readonly port: number;
  stop(): Promise<void>;
}

function serveHttp1(tls: KeyPair, ca: string, { asksForCertificate = false }: TlsUpstreamOptions): Started {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { ...tls, ...(asksForCertificate ? { ca, requestCert: true, rejectUnauthorized: true } : {}) },
    async fetch(request, server) {
      if (server.upgrade(request)) return undefined;
      const { method, url } = request;
      return new Response(["secured", method, new URL(url).pathname, await request.text()].join(" ").trim());
    },
    websocket: { open: (socket) => void socket.send("secured"), message() {} },
  });
  return { port: server.port ?? 0, stop: () => server.stop(true) };
}

async function serveHttp2(tls: KeyPair): Promise<Started> {
  const server = createSecureServer({ ...tls, allowHTTP1: false });
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "set-cookie": ["a=1", "b=2"] });
      stream.end(
        `secured ${headers[":method"]} ${headers[":path"]} ${Buffer.concat(parts).toString()}`.trim(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return { port: address.port, stop: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}
