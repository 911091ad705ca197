import { CartwayError } from "@libs/errors";
import { HeaderList } from "../../model/http/header-list.ts";
import { isDeadline } from "../../model/upstream/is-deadline.ts";
import type { Service, ServiceRequest } from "../../model/upstream/service.ts";
import { type Abortable, noTimings, type UpstreamResponse } from "../../model/upstream/upstream.ts";
import type { ServiceMetrics } from "../service-metrics.ts";
import type { FallbackSettings } from "./fallback-schema.ts";
import { mayBeSent } from "../is-replay-safe.ts";
import type { AttemptHistory } from "./attempts.ts";
import { discardAnswer } from "./discard-answer.ts";

export interface FallbackParts {
  readonly service: string;
  /** The configured fallback service; `null` for none. */
  readonly other: Service | null;
  readonly metrics: ServiceMetrics;
}

/** Why the service's own answer is not used. */
type Reason = UpstreamResponse | CartwayError;

/** Replaces a failure by another service's answer, or by a fixed one. */
export class Fallback {
  readonly #settings: FallbackSettings;
  readonly #parts: FallbackParts;
  readonly #body: Uint8Array | null;

  constructor(settings: FallbackSettings, parts: FallbackParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#body = settings.respond === undefined ? null : encode(settings.respond.body);
  }

  /** The answer where it is acceptable, otherwise its replacement. Rejects like the answer where there is none. */
  async after(
    answer: Promise<UpstreamResponse>,
    request: ServiceRequest,
    history: AttemptHistory,
  ): Promise<UpstreamResponse> {
    let reason: Reason;
    try {
      const response = await answer;
      if (!this.#settings.on.includes(response.status)) return response;
      reason = response;
    } catch (thrown) {
      if (!(thrown instanceof CartwayError) || !this.#covers(thrown, request.abortable)) throw thrown;
      reason = thrown;
    }
    const other = mayBeSent(request, !history.mayBeProcessed) ? await this.#askOther(reason, request) : null;
    return other ?? (await this.#respond(reason, request));
  }

  /** Errors caused by the caller have no fallback, and a client that left needs none. */
  #covers(error: CartwayError, abortable: Abortable): boolean {
    if (abortable.signal.aborted && !isDeadline(abortable)) return false;
    return this.#settings.on.includes("no-answer") && error.status >= 502 && error.status <= 504;
  }

  async #askOther(reason: Reason, request: ServiceRequest): Promise<UpstreamResponse | null> {
    const { other } = this.#parts;
    if (other === null || request.abortable.signal.aborted) return null;
    this.#tell(other.id, reason, request);
    try {
      const response = await other.send({ ...request, timeouts: other.timeouts });
      const { on, respond } = this.#settings;
      const isReplaced = respond !== undefined && on.includes(response.status);
      discardAnswer(isReplaced ? response : reason);
      if (isReplaced) return null;
      this.#count("service", request);
      return response;
    } catch (thrown) {
      // the first service's failure is reported, or replaced by the fixed answer
      if (thrown instanceof CartwayError) return null;
      throw thrown;
    }
  }

  async #respond(reason: Reason, request: ServiceRequest): Promise<UpstreamResponse> {
    const { respond } = this.#settings;
    if (respond === undefined) {
      if (reason instanceof CartwayError) throw reason;
      return reason;
    }
    discardAnswer(reason);
    this.#tell("respond", reason, request);
    this.#count("respond", request);
    return {
      status: respond.status,
      statusText: "",
      headers: new HeaderList(["content-type", "application/json", "cache-control", "no-store"]),
      body: request.method === "HEAD" ? null : this.#body,
      contentLength: this.#body?.byteLength ?? null,
      trailers: null,
      ...noTimings,
    };
  }

  #tell(to: string, reason: Reason, { decisions }: ServiceRequest): void {
    const because = reason instanceof CartwayError ? reason.code : `status ${reason.status}`;
    decisions?.push({ step: "fallback", service: this.#parts.service, to, reason: because });
  }

  /** Once it has answered. */
  #count(by: "service" | "respond", { exchange }: ServiceRequest): void {
    if (exchange !== null) exchange.fallback = by === "respond" ? "fixed" : "service";
    this.#parts.metrics.fellBack(by);
  }
}

function encode(body: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(body));
}
