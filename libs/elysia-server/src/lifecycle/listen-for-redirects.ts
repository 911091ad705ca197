import { renderError } from "@libs/errors";
import { guardRequest } from "../http/guard-request.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { ListenOptions } from "./listener.ts";
import type { TlsRedirect } from "../tls-settings.ts";

const idleTimeoutSeconds = 10;

/** A port that answers everything with the same address under https. 308 keeps method and body (RFC 9110, 15.4.9). */
export function listenForRedirects(
  { hostname, reusePort }: Pick<ListenOptions, "hostname" | "reusePort">,
  { port, httpsPort }: TlsRedirect,
  listenerPort: number,
): { stop(): Promise<void> } {
  const toPort = httpsPort ?? listenerPort;
  const server = Bun.serve({
    hostname,
    port,
    development: false,
    // Where it is not said, Bun shares the port of what is not in development.
    reusePort,
    idleTimeout: idleTimeoutSeconds,
    maxRequestBodySize: 0,
    fetch(request) {
      const refusal = guardRequest(request);
      if (refusal !== null) return renderError(refusal, requestIdOf(request));
      const url = new URL(request.url);
      url.protocol = "https:";
      url.port = String(toPort);
      return new Response(null, { status: 308, headers: { location: url.href, connection: "close" } });
    },
  });
  return { stop: () => server.stop(true) };
}
