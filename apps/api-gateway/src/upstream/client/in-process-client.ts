import { CartwayError } from "@libs/errors";
import { connectionFields } from "../../model/http/connection-fields.ts";
import { HeaderList } from "../../model/http/header-list.ts";
import {
  type Abortable,
  type UpstreamClient,
  UpstreamFailure,
  type UpstreamRequest,
  type UpstreamResponse,
  type UpstreamTarget,
  type UpstreamTimeouts,
} from "../../model/upstream/upstream.ts";
import { endWith } from "./end-with.ts";
import { Watchdog } from "./watchdog.ts";
import { watchResponseBody } from "./watched-bodies.ts";

/** Answers as the service does on its socket. MUST NOT upgrade. */
export type InProcessService = (request: Request) => Promise<Response | undefined> | Response | undefined;

/** Services of this process, by the `host:port` that they listen on. */
export type InProcessServices = ReadonlyMap<string, InProcessService>;

/** As with sockets, a request's signal is only created where the answer takes a while. */
const watchAfterMs = 20;

/**
 * Calls services of this process directly: a loopback socket costs both sides four times as much. The service sees and answers the same,
 * and timeouts and departing clients are handled alike. All other requests, including those with streamed bodies, go through `others`.
 */
export function createInProcessClient(services: InProcessServices, others: UpstreamClient): UpstreamClient {
  const serviceOf = (target: UpstreamTarget, request: UpstreamRequest): InProcessService | undefined =>
    fits(target, request) ? services.get(target.id) : undefined;
  return {
    send(target, request, timeouts, abortable) {
      const service = serviceOf(target, request);
      if (service === undefined) return others.send(target, request, timeouts, abortable);
      return new InProcessCall(target, request, timeouts, abortable).run(service);
    },
    sendFor(call) {
      const { target, request, timeouts, abortable } = call;
      const service = serviceOf(target, request);
      if (service === undefined) return others.sendFor(call);
      return endWith(new InProcessCall(target, request, timeouts, abortable).run(service), call);
    },
    close: () => others.close(),
  };
}

function fits(target: UpstreamTarget, { path, body }: UpstreamRequest): boolean {
  const isPlain = target.protocol === "http" && target.unixPath === undefined;
  return isPlain && path.startsWith("/") && !(body instanceof ReadableStream);
}

class InProcessCall {
  readonly #target: UpstreamTarget;
  readonly #request: UpstreamRequest;
  readonly #timeouts: UpstreamTimeouts;
  readonly #abortable: Abortable;
  readonly #controller = new AbortController();
  readonly #ended = Promise.withResolvers<never>();
  readonly #watchdog = new Watchdog((kind) => this.#fail(kind, "nothing went on in time"));
  #failure: UpstreamFailure | null = null;

  constructor(
    target: UpstreamTarget,
    request: UpstreamRequest,
    timeouts: UpstreamTimeouts,
    abortable: Abortable,
  ) {
    this.#target = target;
    this.#request = request;
    this.#timeouts = timeouts;
    this.#abortable = abortable;
  }

  async run(service: InProcessService): Promise<UpstreamResponse> {
    const startedAt = performance.now();
    const request = toRequest(this.#target, this.#request, this.#controller.signal);
    const watching = setTimeout(() => this.#watch(), watchAfterMs);
    try {
      return await Promise.race([this.#answer(service, request, startedAt), this.#ended.promise]);
    } catch (thrown) {
      throw this.#toFailure(thrown);
    } finally {
      clearTimeout(watching);
      this.#watchdog.stop();
    }
  }

  async #answer(service: InProcessService, request: Request, startedAt: number): Promise<UpstreamResponse> {
    const response = await service(request);
    if (response === undefined) throw this.#failureOf("invalid-response", "it was upgraded");
    const timings = { connectMs: 0, firstByteMs: performance.now() - startedAt, reused: true };
    const { status, statusText } = response;
    const headers = endToEnd(response.headers);
    const body = await this.#bodyOf(response);
    return { status, statusText, headers, body, contentLength: null, trailers: null, ...timings };
  }

  /** JSON is read whole; other types may be streams. */
  async #bodyOf(response: Response): Promise<UpstreamResponse["body"]> {
    const { headers, status } = response;
    if (this.#request.method === "HEAD" || status === 204 || status === 304) return null;
    if (headers.get("content-type")?.startsWith("application/json") === true) return await response.bytes();
    if (response.body === null) return null;
    // a client that leaves, or a service that stalls, in the middle of an answer must end it
    this.#watchClient();
    const { signal } = this.#controller;
    const endable = response.body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
    const toFailure = (thrown: unknown): UpstreamFailure => this.#toFailure(thrown);
    return watchResponseBody(endable, this.#watchdog, this.#timeouts.idleMs, toFailure);
  }

  #watch(): void {
    this.#watchdog.start("first-byte-timeout", Math.max(0, this.#timeouts.firstByteMs - watchAfterMs));
    this.#watchClient();
  }

  #watchClient(): void {
    const { signal } = this.#abortable;
    const leave = (): void => this.#fail("aborted", "the client left");
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  }

  #fail(kind: UpstreamFailure["kind"], message: string): void {
    this.#failure ??= this.#failureOf(kind, message);
    this.#ended.reject(this.#failure);
    this.#controller.abort();
  }

  #toFailure(thrown: unknown): UpstreamFailure {
    if (thrown instanceof UpstreamFailure) return thrown;
    return this.#failure ?? this.#failureOf("reset", "failed", thrown);
  }

  #failureOf(kind: UpstreamFailure["kind"], message: string, cause?: unknown): UpstreamFailure {
    return new UpstreamFailure(kind, "all", `${this.#target.id}: ${message}`, cause);
  }
}

/** @throws CartwayError `internal` where a policy produced an invalid field, path or method: nothing is sent then. */
function toRequest(
  target: UpstreamTarget,
  { method, path, headers, body }: UpstreamRequest,
  signal: AbortSignal,
): Request {
  const { raw } = headers;
  try {
    const fields = new Headers();
    for (let index = 0; index < raw.length; index += 2) fields.append(raw[index] ?? "", raw[index + 1] ?? "");
    const bytes = body instanceof Uint8Array ? body : null;
    if (bytes !== null) fields.set("content-length", String(bytes.byteLength));
    const url = `http://${fields.get("host") ?? target.id}${path}`;
    return new Request(url, { method, headers: fields, body: bytes, signal });
  } catch (cause) {
    throw new CartwayError("internal", { internal: "a malformed request to a service", cause });
  }
}

function endToEnd(headers: Headers): HeaderList {
  const raw: string[] = [];
  for (const [name, value] of headers) if (!connectionFields.has(name)) raw.push(name, value);
  return new HeaderList(raw);
}
