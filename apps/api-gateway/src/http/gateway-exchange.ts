import type { IncomingRequest } from "@libs/http1";
import type { CartwayError } from "@libs/errors";
import { type LogContext, readTraceContext } from "@libs/monitoring";
import type { AttemptWatcher } from "../model/upstream/attempt-watcher.ts";
import type { Decision, PolicyVerdict } from "../model/exchange/decision.ts";
import type {
  DetachedExchange,
  Exchange,
  ExchangeResponse,
  RequestTarget,
  TakenLimit,
} from "../model/exchange/exchange.ts";
import type { HeaderList } from "../model/http/header-list.ts";
import type { Principal } from "../model/identity/principal.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";
import type { ExchangeTrace } from "../telemetry/exchange-trace.ts";
import type { CompiledRoute } from "../pipeline/compiled-route.ts";
import type { BodyEnding } from "./end-reason.ts";
import type { ExchangeRecorder } from "./record-exchange.ts";

/** A request before it is routed. */
export interface IdentifiedRequest {
  readonly request: IncomingRequest;
  readonly requestId: string;
  readonly target: RequestTarget;
  /** Absent without tracing. */
  readonly trace?: ExchangeTrace | null;
  /** Absent where nobody watches. */
  readonly decisions?: Decision[] | null;
}

export interface ExchangeStart {
  readonly incoming: IdentifiedRequest;
  readonly startedAt: number;
  readonly clientIp: string;
  readonly isPeerTrusted: boolean;
  readonly route: Pick<CompiledRoute, "id" | "service" | "bodyBytesMax">;
  readonly params: Readonly<Record<string, string>>;
  readonly upstreamPath: string;
  readonly upstreamHeaders: HeaderList;
  /** The snapshot that the exchange holds until it ends. */
  readonly snapshot: Pick<Snapshot, "enter" | "leave">;
}

const noCredentials: Exchange["askedCredentials"] = { schemes: new Set(), words: [] };

/** See `Exchange`. What does not change stays where it was given; all else is initialized in one order, so that every exchange has the same shape. */
export class GatewayExchange implements Exchange {
  /**
   * Fields of its log lines. A small object of its own, because whatever starts during the request (a pooled connection, a timer) keeps
   * it alive for as long as it lives itself.
   */
  readonly log: LogContext;
  deadline: number = Number.POSITIVE_INFINITY;
  principal: Principal | null = null;
  askedCredentials: Exchange["askedCredentials"] = noCredentials;
  serviceId: string | null;
  upstreamPath: string;
  upstreamBody: Exchange["upstreamBody"] = undefined;
  response: ExchangeResponse | null = null;
  targetId: string | null = null;
  attempts = 0;
  fallback: Exchange["fallback"] = null;
  parts: Exchange["parts"] = null;
  refusal: PolicyVerdict | null = null;
  refusedBy: string | null = null;
  limits: TakenLimit[] | null = null;
  queuedMs = 0;
  connectMs = 0;
  firstByteMs = 0;
  /** Why the gateway ended the exchange, if it did. */
  error: CartwayError | null = null;
  /** The answer's status. */
  status = 0;
  /** Body bytes read and delivered so far. */
  bytesIn = 0;
  bytesOut = 0;
  ending: BodyEnding = "whole";
  readonly #start: ExchangeStart;
  #signal: AbortSignal | null = null;
  #endings: (() => void)[] | null = null;
  #recorder: ExchangeRecorder | null = null;
  #compiled: CompiledRoute | null = null;

  constructor(start: ExchangeStart) {
    const { incoming, route, upstreamPath } = start;
    this.#start = start;
    this.serviceId = route.service?.id ?? null;
    this.upstreamPath = upstreamPath;
    this.log = {
      requestId: incoming.requestId,
      tenantId: null,
      route: route.id,
      traceId: traceIdOf(incoming),
    };
  }

  get request(): IncomingRequest {
    return this.#start.incoming.request;
  }

  get requestId(): string {
    return this.#start.incoming.requestId;
  }

  get startedAt(): number {
    return this.#start.startedAt;
  }

  get clientIp(): string {
    return this.#start.clientIp;
  }

  get isPeerTrusted(): boolean {
    return this.#start.isPeerTrusted;
  }

  get target(): RequestTarget {
    return this.#start.incoming.target;
  }

  get routeId(): string {
    return this.#start.route.id;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#start.params;
  }

  get bodyBytesMax(): number {
    return this.#start.route.bodyBytesMax;
  }

  get upstreamHeaders(): HeaderList {
    return this.#start.upstreamHeaders;
  }

  get decisions(): Decision[] | null {
    return this.#start.incoming.decisions ?? null;
  }

  get trace(): ExchangeTrace | null {
    return this.#start.incoming.trace ?? null;
  }

  get method(): string {
    return this.request.method;
  }

  /** Read only where something can be aborted: Bun creates the signal on first use. */
  get signal(): AbortSignal {
    this.#signal ??= this.#makeSignal();
    return this.#signal;
  }

  #makeSignal(): AbortSignal {
    const { signal } = this.request;
    if (this.deadline === Number.POSITIVE_INFINITY) return signal;
    return AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, this.deadline - performance.now()))]);
  }

  get watcher(): AttemptWatcher | null {
    return this.trace?.watcher ?? null;
  }

  get tenantId(): string | null {
    return this.log.tenantId ?? null;
  }

  set tenantId(tenantId: string | null) {
    this.log.tenantId = tenantId;
  }

  onEnd(callback: () => void): void {
    this.#endings ??= [];
    this.#endings.push(callback);
  }

  /** Registers the recorder that is called once the exchange has ended, after all others. */
  recordWith(recorder: ExchangeRecorder, route: CompiledRoute): void {
    this.#recorder = recorder;
    this.#compiled = route;
  }

  /** Runs the `onEnd` callbacks and records the exchange, once. */
  end(ending: BodyEnding = "whole"): void {
    const endings = this.#endings;
    this.#endings = null;
    if (endings !== null) for (const callback of endings) callback();
    const recorder = this.#recorder;
    this.#recorder = null;
    if (recorder === null || this.#compiled === null) return;
    this.ending = ending;
    recorder.ended(this, this.#compiled);
  }

  detach(signal: AbortSignal): DetachedExchange {
    const { snapshot } = this.#start;
    const copy = new GatewayExchange({
      ...this.#start,
      // collecting decisions ended with the original client; its attempts belong to the same trace
      incoming: { ...this.#start.incoming, decisions: null },
      upstreamPath: this.upstreamPath,
      upstreamHeaders: this.upstreamHeaders.copy(),
    });
    copy.serviceId = this.serviceId;
    copy.#signal = signal;
    copy.principal = this.principal;
    copy.tenantId = this.tenantId;
    copy.upstreamBody = null;
    snapshot.enter();
    copy.onEnd(() => snapshot.leave());
    return copy;
  }
}

/** The caller's trace where this gateway does not trace, so that log lines can still be found by it. */
function traceIdOf({ request, trace = null }: IdentifiedRequest): string | null {
  const context = trace === null ? readTraceContext(request.headers) : trace.span.context;
  return context?.traceId ?? null;
}
