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

export interface ExchangeStart {
  readonly request: IncomingRequest;
  readonly requestId: string;
  readonly startedAt: number;
  readonly clientIp: string;
  readonly isPeerTrusted: boolean;
  readonly target: RequestTarget;
  readonly routeId: string;
  readonly serviceId: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly bodyBytesMax: number;
  readonly upstreamPath: string;
  readonly upstreamHeaders: HeaderList;
  readonly decisions: Decision[] | null;
  /** The snapshot that the exchange holds until it ends. */
  readonly snapshot: Pick<Snapshot, "enter" | "leave">;
  /** Absent without tracing. */
  readonly trace?: ExchangeTrace | null;
}

const noSchemes: Exchange["authSchemes"] = new Set();

/** See `Exchange`. What does not change stays where it was given; all else is initialized in one order, so that every exchange has the same shape. */
export class GatewayExchange implements Exchange {
  /**
   * Fields of its log lines. A small object of its own, because whatever starts during the request (a pooled connection, a timer) keeps
   * it alive for as long as it lives itself.
   */
  readonly log: LogContext;
  deadline: number = Number.POSITIVE_INFINITY;
  principal: Principal | null = null;
  authSchemes: Exchange["authSchemes"] = noSchemes;
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
    this.#start = start;
    this.serviceId = start.serviceId;
    this.upstreamPath = start.upstreamPath;
    this.log = {
      requestId: start.requestId,
      tenantId: null,
      route: start.routeId,
      traceId: traceIdOf(this.trace, start.request),
    };
  }

  get request(): IncomingRequest {
    return this.#start.request;
  }

  get requestId(): string {
    return this.#start.requestId;
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
    return this.#start.target;
  }

  get routeId(): string {
    return this.#start.routeId;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#start.params;
  }

  get bodyBytesMax(): number {
    return this.#start.bodyBytesMax;
  }

  get upstreamHeaders(): HeaderList {
    return this.#start.upstreamHeaders;
  }

  get decisions(): Decision[] | null {
    return this.#start.decisions;
  }

  get trace(): ExchangeTrace | null {
    return this.#start.trace ?? null;
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
      serviceId: this.serviceId,
      upstreamPath: this.upstreamPath,
      upstreamHeaders: this.upstreamHeaders.copy(),
      // collecting decisions and tracing ended with the original client
      decisions: null,
      trace: null,
    });
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
function traceIdOf(trace: ExchangeTrace | null, { headers }: IncomingRequest): string | null {
  const context = trace === null ? readTraceContext(headers) : trace.span.context;
  return context?.traceId ?? null;
}
