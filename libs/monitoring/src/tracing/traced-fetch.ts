import { endClientSpan, startClientSpan } from "./http-spans.ts";
import { type TraceContext, writeTraceContext } from "./trace-context.ts";
import type { Tracer } from "./tracer.ts";

export interface TracedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** `fetch` with a client span below `parent`, propagated to the server. The span ends with the head of the answer. */
export async function tracedFetch(
  tracer: Tracer,
  parent: TraceContext | null,
  url: string,
  request: TracedRequest,
): Promise<Response> {
  if (!tracer.enabled) return await fetch(url, request);
  const { protocol, hostname, port, pathname } = new URL(url);
  const scheme = protocol.slice(0, -1);
  const span = startClientSpan(tracer, parent, {
    method: request.method,
    scheme,
    host: hostname,
    port: Number(port) || (scheme === "https" ? 443 : 80),
    path: pathname,
    resends: 0,
  });
  const headers = new Headers(request.headers);
  if (span.context !== null) writeTraceContext(headers, span.context);
  try {
    const response = await fetch(url, { ...request, headers });
    endClientSpan(span, response.status);
    return response;
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    span.fail(error.name, error);
    span.end();
    throw thrown;
  }
}
