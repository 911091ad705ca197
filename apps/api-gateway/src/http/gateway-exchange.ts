import type { Decision, PolicyVerdict } from "../model/decision.ts";
import type { DetachedExchange, Exchange, ExchangeResponse, RequestTarget } from "../model/exchange.ts";
import { HeaderList } from "../model/header-list.ts";
import type { Principal } from "../model/principal.ts";
import type { Snapshot } from "../pipeline/snapshot.ts";

export interface ExchangeStart {
  readonly request: Request;
  readonly requestId: string;
  readonly startedAt: number;
  readonly clientIp: string;
  readonly target: RequestTarget;
  readonly routeId: string;
  readonly serviceId: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly upstreamPath: string;
  readonly upstreamHeaders: HeaderList;
  readonly decisions: Decision[] | null;
  /** What the exchange runs on. */
  readonly snapshot: Pick<Snapshot, "enter" | "leave">;
}

/** See `Exchange`. All fields are made here, in one order, so that every exchange has the same shape. */
export class GatewayExchange implements Exchange {
  readonly request: Request;
  readonly requestId: string;
  readonly startedAt: number;
  readonly clientIp: string;
  readonly method: string;
  readonly target: RequestTarget;
  readonly routeId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly upstreamHeaders: HeaderList;
  readonly decisions: Decision[] | null;
  deadline: number = Number.POSITIVE_INFINITY;
  principal: Principal | null = null;
  tenantId: string | null = null;
  serviceId: string | null;
  upstreamPath: string;
  upstreamBody: Exchange["upstreamBody"] = undefined;
  response: ExchangeResponse | null = null;
  targetId: string | null = null;
  attempts = 0;
  refusal: PolicyVerdict | null = null;
  queuedMs = 0;
  connectMs = 0;
  firstByteMs = 0;
  readonly #start: ExchangeStart;
  #signal: AbortSignal | null = null;
  #endings: (() => void)[] | null = null;

  constructor(start: ExchangeStart) {
    this.#start = start;
    this.request = start.request;
    this.requestId = start.requestId;
    this.startedAt = start.startedAt;
    this.clientIp = start.clientIp;
    this.method = start.request.method;
    this.target = start.target;
    this.routeId = start.routeId;
    this.params = start.params;
    this.upstreamHeaders = start.upstreamHeaders;
    this.decisions = start.decisions;
    this.serviceId = start.serviceId;
    this.upstreamPath = start.upstreamPath;
  }

  /** Asked for only where something can be aborted: Bun makes the signal on first use. */
  get signal(): AbortSignal {
    this.#signal ??= this.#makeSignal();
    return this.#signal;
  }

  #makeSignal(): AbortSignal {
    const { signal } = this.request;
    if (this.deadline === Number.POSITIVE_INFINITY) return signal;
    return AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, this.deadline - performance.now()))]);
  }

  get hasEndings(): boolean {
    return this.#endings !== null;
  }

  onEnd(callback: () => void): void {
    this.#endings ??= [];
    this.#endings.push(callback);
  }

  /** Runs what `onEnd` was given, once. */
  end(): void {
    const endings = this.#endings;
    this.#endings = null;
    if (endings !== null) for (const callback of endings) callback();
  }

  detach(signal: AbortSignal): DetachedExchange {
    const { snapshot } = this.#start;
    const upstreamHeaders = new HeaderList([...this.upstreamHeaders.raw]);
    const copy = new GatewayExchange({ ...this.#start, upstreamHeaders, upstreamPath: this.upstreamPath });
    copy.#signal = signal;
    copy.principal = this.principal;
    copy.tenantId = this.tenantId;
    copy.serviceId = this.serviceId;
    copy.upstreamBody = null;
    snapshot.enter();
    copy.onEnd(() => snapshot.leave());
    return copy;
  }
}
