import { toCartwayError } from "@libs/errors";
import { type Http1Options, type Http1Server, listenHttp1 } from "../src/server/listen-http1.ts";
import { WireResponse } from "../src/wire-response.ts";

export interface StartedHttp1 extends AsyncDisposable {
  readonly server: Http1Server;
  readonly port: number;
  /** Why the server ended connections early. */
  readonly troubles: string[];
  /** Errors that were thrown, and refusals. */
  readonly errors: unknown[];
}

/** A listener on a free port; it answers refusals with `code: internal text`. */
export function startHttp1(
  handle: Http1Options["handle"],
  options: Partial<Http1Options> = {},
): StartedHttp1 {
  const troubles: string[] = [];
  const errors: unknown[] = [];
  const server = listenHttp1({
    hostname: "127.0.0.1",
    port: 0,
    reusePort: false,
    bodyBytesMax: 1_000_000,
    idleTimeoutSeconds: 60,
    handle,
    answerError(thrown) {
      errors.push(thrown);
      const { status, code } = toCartwayError(thrown);
      return new WireResponse(status, ["content-type", "text/plain"], code);
    },
    onTrouble: (trouble) => void troubles.push(trouble),
    ...options,
  });
  return {
    server,
    port: server.port,
    troubles,
    errors,
    async [Symbol.asyncDispose]() {
      const ended = server.stop();
      server.cut();
      await ended;
    },
  };
}
