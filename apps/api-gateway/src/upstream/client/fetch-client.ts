import { listedNames } from "@libs/http1";
import { connectionFields } from "../../model/connection-fields.ts";
import { HeaderList } from "../../model/header-list.ts";
import { bodyStoppedComing } from "../../model/slow-body.ts";
import {
  type Abortable,
  type UpstreamClient,
  UpstreamFailure,
  type UpstreamFailureKind,
  type UpstreamRequest,
  type UpstreamResponse,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../../model/upstream.ts";

import { endWith } from "./end-with.ts";
import { RecentlyReached } from "./recently-reached.ts";
import { Watchdog } from "./watchdog.ts";
import { watchRequestBody, watchResponseBody } from "./watched-bodies.ts";

/** Bodies up to this size are read whole, which keeps their Content-Length; Bun drops it from streams. */
const wholeBodyBytesMax = 65_536;

/**
 * Speaks to targets through Bun's `fetch`: the way to HTTP/2. It streams both ways with backpressure, but cannot tell how much of a request was
 * sent once it has a connection, replaces reason phrases and drops trailers.
 */
export function createFetchClient(protocol: FetchProtocol = "http1.1"): UpstreamClient {
  const reached = new RecentlyReached();
  const sendOver: UpstreamClient["send"] = async (target, request, timeouts, abortable) => {
    if (abortable.signal.aborted)
      throw new UpstreamFailure("aborted", "none", "the client left before anything was sent");
    await reached.ensure(target, timeouts.connectMs);
    const answer = await send(protocol, target, request, timeouts, abortable);
    reached.answered(target);
    return answer;
  };
  return {
    send: sendOver,
    sendFor: (target, request, timeouts, abortable, ending) =>
      endWith(sendOver(target, request, timeouts, abortable), ending),
    close: () => Promise.resolve(),
  };
}

/** As Bun's fetch names them; `h2` asks for https. */
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
  // While the body streams, a client that leaves must still close the upstream: the listener stays with the signal.
  signal.addEventListener("abort", () => controller.abort(), { once: true });
  let late: UpstreamFailure | null = null;
  let hasAnswer = false;
  const watchdog = new Watchdog((kind) => {
    const cause = kind === "aborted" ? bodyStoppedComing() : undefined;
    late = new UpstreamFailure(kind, "all", `${target.id}: nothing went on in time`, cause);
    controller.abort();
  });
  const toFailure = (thrown: unknown): UpstreamFailure => {
    if (late !== null) return late;
    if (signal.aborted) return new UpstreamFailure("aborted", "some", "the client left", thrown);
    return new UpstreamFailure(failureKind(thrown), sentBefore(thrown), `${target.id} failed`, thrown);
  };
  // fetch does not tell when it is connected. A target that was reached lately is connected to at once, or at most late once.
  watchdog.await("first-byte-timeout", timeouts.connectMs + timeouts.firstByteMs);
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
    watchdog.await("idle-timeout", timeouts.idleMs);
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
      timings: { connectMs: 0, firstByteMs, reused: false },
    };
  } catch (thrown) {
    throw toFailure(thrown);
  } finally {
    watchdog.rest();
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
    // The environment's HTTP_PROXY is not for requests between a gateway and its services.
    proxy: false,
    ...(target.unixPath === undefined ? {} : { unix: target.unixPath }),
    ...(target.tls === undefined ? {} : { tls: { ...target.tls, serverName: target.serverName } }),
  };
  return options as unknown as RequestInit;
}

function toHeaders({ raw }: HeaderList): Headers {
  const headers = new Headers();
  for (let index = 0; index < raw.length; index += 2) headers.append(raw[index] ?? "", raw[index + 1] ?? "");
  return headers;
}

/** Content-Length stays where there is no body to take it from: it tells what GET would have had (RFC 9110, 9.3.2). */
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

function lengthOf(response: Response): number | null {
  const length = response.headers.get("content-length");
  return length === null ? null : Number(length);
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

/** Only a connection that was never made is sure to have carried nothing. */
function sentBefore(thrown: unknown): "none" | "some" {
  const kind = failureKind(thrown);
  return kind === "connect" || kind === "tls" ? "none" : "some";
}
