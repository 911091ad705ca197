import { type Answer, listenHttp1, type WireRequest, WireResponse } from "@libs/http1";
import type { ListenOptions } from "./listener.ts";
import type { TlsRedirect } from "../tls-settings.ts";

const idleTimeoutSeconds = 10;

/** A port that redirects every request to https. 308 keeps method and body (RFC 9110, section 15.4.9). */
export function listenForRedirects(
  options: Pick<ListenOptions, "hostname" | "reusePort" | "answerError" | "connectionLimits" | "onTrouble">,
  { port, httpsPort }: TlsRedirect,
  listenerPort: number,
): { stop(): Promise<void> } {
  const toPort = httpsPort ?? listenerPort;
  const server = listenHttp1({
    hostname: options.hostname,
    port,
    reusePort: options.reusePort,
    idleTimeoutSeconds,
    // bodies are not read: the redirect is sent at once
    bodyBytesMax: Number.POSITIVE_INFINITY,
    handle: (request) => redirected(request, toPort),
    answerError: (thrown) => options.answerError(thrown, Bun.randomUUIDv7()),
    ...(options.connectionLimits === undefined ? {} : { connectionLimits: options.connectionLimits }),
    ...(options.onTrouble === undefined ? {} : { onTrouble: options.onTrouble }),
  });
  return {
    stop() {
      const ended = server.stop();
      server.cut();
      return ended;
    },
  };
}

function redirected({ url: asked }: WireRequest, toPort: number): Answer {
  const url = new URL(asked);
  url.protocol = "https:";
  url.port = String(toPort);
  return new WireResponse(308, ["location", url.href, "connection", "close"], null);
}
