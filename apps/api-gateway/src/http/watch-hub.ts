import type { CartwayError } from "@libs/errors";
import type { IncomingRequest } from "@libs/http1";
import { type AppServer, requestIdOf } from "@libs/elysia-server";
import {
  endServerSpan,
  readTraceContext,
  startServerSpan,
  type Tracer,
  writeTraceContext,
} from "@libs/monitoring";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { AccessLog } from "./access-log.ts";
import { recordEndpoint } from "./record-endpoint.ts";
import { readTarget } from "./request-target.ts";

type Answer = MaybePromise<Response | undefined> | null;
type Front = (request: IncomingRequest, server: AppServer) => Answer;

export interface WatchHubParts {
  /** Whether a URL belongs to the hub. */
  readonly owns: (request: IncomingRequest) => boolean;
  /** `null` for other requests, `undefined` for a WebSocket; never throws. Refusals are reported before they are answered. */
  readonly handle: (
    request: IncomingRequest,
    server: AppServer,
    onRefused: (error: CartwayError) => void,
  ) => Answer;
  readonly accessLog: AccessLog;
  readonly tracer: Tracer;
  readonly clientIp: (request: IncomingRequest, server: AppServer) => string;
}

const switchingProtocols = 101;

interface Answered {
  readonly request: IncomingRequest;
  readonly response: Response | undefined;
  readonly seconds: number;
  readonly error: CartwayError | null;
  readonly ip: string;
}

/**
 * Adds a span and an access log line to requests on the hub's paths, as routes have: `/hub/publish`, tickets, and how each connection was
 * opened or refused. Traffic of an open connection has metrics and traces of its own.
 */
export function watchHub({ owns, handle, accessLog, tracer, clientIp }: WatchHubParts): Front {
  return (request, server) => (owns(request) ? serve(request, server) : null);

  function serve(request: IncomingRequest, server: AppServer): Answer {
    const startedAt = performance.now();
    // after an upgrade the socket no longer reveals its address
    const knownIp = request.headers.has("upgrade") ? clientIp(request, server) : null;
    let error: CartwayError | null = null;
    const answer = handle(request, server, (refusal) => {
      error = refusal;
    });
    if (answer === null) return null;
    const finish = (response: Response | undefined): Response | undefined => {
      const seconds = (performance.now() - startedAt) / 1000;
      record({ request, response, seconds, error, ip: knownIp ?? clientIp(request, server) });
      return response;
    };
    return answer instanceof Promise ? answer.then(finish) : finish(answer);
  }

  function record({ request, response, seconds, error, ip }: Answered): void {
    const { path: route, host, scheme } = readTarget(request);
    const status = response?.status ?? switchingProtocols;
    const caller = readTraceContext(request.headers);
    let traceId = caller?.traceId ?? null;
    if (tracer.enabled) {
      // recorded afterwards, because only the hub knows which paths are its own
      const startTimeMs = Date.now() - seconds * 1000;
      const { method } = request;
      const describe = () => ({ scheme, host, path: route });
      const span = startServerSpan(tracer, { parent: caller, method, describe, startTimeMs });
      if (span.context !== null) {
        traceId = span.context.traceId;
        if (response !== undefined) writeTraceContext(response.headers, span.context);
      }
      endServerSpan(span, { method, route, status });
    }
    const requestId = requestIdOf(request);
    recordEndpoint(accessLog, { request, requestId, traceId, route, status, seconds, error }, ip);
  }
}
