import { createEventLog, type EventLog } from "@libs/testing";

/** What reached a service, as it stood on the wire. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface Upstream extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** As the gateway names the target: `127.0.0.1:port`. */
  readonly id: string;
  readonly seen: EventLog<SeenRequest>;
}

export type UpstreamHandler = (request: Request, seen: SeenRequest) => Response | Promise<Response>;

const answerOk: UpstreamHandler = () => new Response("ok");

/** A service on a real socket that reads and notes every request before it answers. */
export function startUpstream(handle: UpstreamHandler = answerOk): Upstream {
  const seen = createEventLog<SeenRequest>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      const { method, headers } = request;
      const note = { method, path: pathname + search, headers: new Headers(headers), body };
      seen.push(note);
      return await handle(request, note);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    id: `127.0.0.1:${server.port}`,
    seen,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** One that notes every request and answers none, until all are let go. */
export function startHeldUpstream(text: string): Upstream & { release(): void } {
  const gate = Promise.withResolvers<void>();
  const upstream = startUpstream(async () => {
    await gate.promise;
    return new Response(text);
  });
  return { ...upstream, release: gate.resolve };
}
