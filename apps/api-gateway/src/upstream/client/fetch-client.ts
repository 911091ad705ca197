import { CartwayError } from "@libs/errors";
import { listedNames } from "@libs/http1";
import { connectionFields } from "../../model/http/connection-fields.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import { bodyStoppedComing } from "../../model/http/slow-body.ts";
import { isDeadline } from "../../model/upstream/is-deadline.ts";
import {
  type Abortable,
  type UpstreamClient,
  UpstreamFailure,
  type UpstreamFailureKind,
  type UpstreamRequest,
  type UpstreamResponse,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../../model/upstream/upstream.ts";

import { endWith } from "./end-with.ts";
import { RecentlyReached } from "./recently-reached.ts";
import { serverNameOf } from "./server-name.ts";
import { Watchdog } from "./watchdog.ts";
import { watchRequestBody, watchResponseBody } from "./watched-bodies.ts";

/** Bodies up to this size are read whole, which keeps their Content-Length; Bun drops it from streams. */
const wholeBodyBytesMax = 65_536;

/**
 * A client based on Bun's `fetch`, for HTTP/2. It streams both ways with backpressure, but cannot tell how much of a request was sent
 * once connected, replaces reason phrases, and drops trailers.
 */
export function createFetchClient(protocol: FetchProtocol = "http1.1"): UpstreamClient {
  const reached = new RecentlyReached();
  const sendOver: UpstreamClient["send"] = async (target, request, timeouts, abortable) => {
    refuseDeparted(abortable);
    refuseBodyOfGet(request);
    await reached.ensure(target, timeouts.connectMs);
    refuseDeparted(abortable);
    const answer = await send(protocol, target, request, timeouts, abortable);
    reached.answered(target);
    return answer;
  };
  return {
    send: sendOver,
    sendFor: (call) => endWith(sendOver(call.target, call.request, call.timeouts, call.abortable), call),
    close: () => Promise.resolve(),
  };
}

function refuseDeparted({ signal }: Abortable): void {
  if (signal.aborted)
    throw new UpstreamFailure("aborted", "none", "the client left before anything was sent");
}

/** `fetch` sends none, and throws: the caller's doing, which must not be held against the target. */
function refuseBodyOfGet({ method, body }: UpstreamRequest): void {
  if ((method !== "GET" && method !== "HEAD") || body === null) return;
  if (body instanceof Uint8Array && body.byteLength === 0) return;
  const cause = new CartwayError("bad_request", {
    message: "A GET or HEAD to this service cannot have a body.",
  });
  throw new UpstreamFailure("aborted", "none", "a GET or HEAD has a body", cause);
}

/** In `fetch`'s terms; `h2` requires https. */
type FetchProtocol = "http1.1" | "h2";

async function send(
  protocol: FetchProtocol,
  target: UpstreamTarget,
  request: UpstreamRequest,
  timeouts: UpstreamTimeouts,
  { signal }: Abortable,
): Promise<UpstreamResponse> {
  const startedAt = performance.now();
  const controller = new AbortController();
  // the listener stays while the body streams: a client that leaves must still close the upstream
  const onAbort = (): void => {
    isBodyMissing = watchdog.awaited === "aborted" && isDeadline({ signal });
    controller.abort();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  let late: UpstreamFailure | null = null;
  let isBodyMissing = false;
  let hasAnswer = false;
  const watchdog = new Watchdog((kind) => {
    const cause = kind === "aborted" ? bodyStoppedComing() : undefined;
    late = new UpstreamFailure(kind, "all", `${target.id}: nothing went on in time`, cause);
    controller.abort();
  });
  const toFailure = (thrown: unknown): UpstreamFailure => {
    if (late !== null) return late;
    const cause = isBodyMissing ? bodyStoppedComing() : thrown;
    if (signal.aborted) return new UpstreamFailure("aborted", "some", "the client left", cause);
    // a target that has begun to answer may have acted on the request, whatever it says later
    const sent = hasAnswer ? "some" : sentBefore(thrown);
    return new UpstreamFailure(failureKind(thrown), sent, `${target.id} failed`, thrown);
  };
  // fetch does not report when it has connected, so a connect timeout is included; a recently reached target connects at once
  watchdog.start("first-byte-timeout", timeouts.connectMs + timeouts.firstByteMs);
  const body =
    request.body instanceof ReadableStream
      ? watchRequestBody(request.body, watchdog, timeouts, () => hasAnswer)
      : request.body;
  try {
    const response = await fetch(
      urlOf(target, request.path),
      fetchOptions(protocol, target, { ...request, body }, controller.signal),
    );
    hasAnswer = true;
    const firstByteMs = performance.now() - startedAt;
    watchdog.start("idle-timeout", timeouts.idleMs);
    const contentLength = lengthOf(response);
    const whole = await readBody(request.method, response, contentLength);
    return {
      status: response.status,
      statusText: response.statusText,
      headers: endToEndHeaders(request.method, response),
      body:
        whole instanceof ReadableStream
          ? watchResponseBody(whole, watchdog, timeouts.idleMs, toFailure)
          : whole,
      contentLength,
      trailers: null,
      connectMs: 0,
      firstByteMs,
      reused: false,
    };
  } catch (thrown) {
    throw toFailure(thrown);
  } finally {
    watchdog.stop();
  }
}

function urlOf(target: UpstreamTarget, path: string): string {
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  return `${target.protocol}://${host}:${target.port}${path}`;
}

function fetchOptions(
  protocol: FetchProtocol,
  target: UpstreamTarget,
  request: UpstreamRequest,
  signal: AbortSignal,
): RequestInit {
  const options = {
    method: request.method,
    headers: toHeaders(request.headers),
    body: request.body,
    signal,
    ...(protocol === "h2" ? { protocol } : {}),
    redirect: "manual",
    decompress: false,
    // the environment's HTTP_PROXY must not apply between the gateway and its services
    proxy: false,
    ...(target.unixPath === undefined ? {} : { unix: target.unixPath }),
    ...(target.protocol === "https" ? { tls: { ...target.tls, serverName: serverNameOf(target) } } : {}),
  };
  return options as unknown as RequestInit;
}

function toHeaders({ raw }: HeaderList): Headers {
  const headers = new Headers();
  for (let index = 0; index < raw.length; index += 2) headers.append(raw[index] ?? "", raw[index + 1] ?? "");
  return headers;
}

/** Keeps Content-Length where there is no body: it is the length a GET would have had (RFC 9110, section 9.3.2). */
function endToEndHeaders(method: string, { headers, status }: Response): HeaderList {
  const named = listedNames(headers.get("connection") ?? "");
  const keepsLength = method === "HEAD" || status === 304;
  const raw: string[] = [];
  for (const [name, value] of headers) {
    if (connectionFields.has(name) || named.includes(name)) continue;
    if (name !== "content-length" || keepsLength) raw.push(name, value);
  }
  return new HeaderList(raw);
}

/** Bun has compared several lengths to each other and to the body: `5, 5` is 5. */
function lengthOf(response: Response): number | null {
  const length = response.headers.get("content-length");
  return length === null ? null : Number.parseInt(length, 10);
}

async function readBody(
  method: string,
  response: Response,
  contentLength: number | null,
): Promise<UpstreamResponse["body"]> {
  if (method === "HEAD" || response.status === 204 || response.status === 304) return null;
  if (contentLength !== null && contentLength <= wholeBodyBytesMax)
    return new Uint8Array(await response.arrayBuffer());
  return response.body;
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

function failureKind(thrown: unknown): UpstreamFailureKind {
  const code = codeOf(thrown);
  if (/ConnectionRefused|ECONNREFUSED|FailedToOpenSocket|ENOTFOUND|DNS|EHOSTUNREACH/i.test(code))
    return "connect";
  if (/CERT|TLS|SSL|VERIFY|SIGNATURE/i.test(code)) return "tls";
  if (/Malformed|Invalid|HPE_|Decompression/i.test(code)) return "invalid-response";
  return "reset";
}

/**
 * Certain only where no connection was made, and where the target says that it has not processed the request: by REFUSED_STREAM, or by
 * GOAWAY with a lower last stream (RFC 9113, section 8.7).
 */
function sentBefore(thrown: unknown): "none" | "some" {
  const kind = failureKind(thrown);
  return kind === "connect" || kind === "tls" || codeOf(thrown) === "HTTP2RefusedStream" ? "none" : "some";
}
