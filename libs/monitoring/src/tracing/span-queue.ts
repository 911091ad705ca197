import { runWithoutLogContext } from "../logging/log-context.ts";
import type { Logger } from "../logging/logger.ts";
import type { Counter, Metrics } from "../metrics/metrics.ts";
import { type OtlpTarget, sendExport } from "./otlp-exporter.ts";
import { writeExport } from "./otlp-json.ts";
import type { RecordedSpan } from "./recorded-span.ts";

export interface SpanQueueOptions {
  /** `service.name` and other attributes of all spans. */
  readonly resource: Readonly<Record<string, string>>;
  readonly target: OtlpTarget;
  /** Bound on ended spans that the collector has not accepted, including those being sent. */
  readonly max: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const batchMax = 512;
const delayMs = 2000;

/**
 * Sends spans to the collector in batches, one at a time, so that a slow collector only fills this bounded queue; what does not fit is
 * dropped and counted. Nothing ever waits for it.
 */
export class SpanQueue {
  readonly #options: SpanQueueOptions;
  readonly #counters: Readonly<Record<"exported" | "lost" | "dropped", Counter>>;
  readonly #closing = new AbortController();
  #waiting: RecordedSpan[] = [];
  #underWay = 0;
  #sending: Promise<void> | null = null;
  #timer: Timer | null = null;
  #isFailing = false;
  #isClosed = false;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    const spans = options.metrics.counter({
      name: "cartway_trace_spans_total",
      help: "Ended spans by outcome: exported, lost in a failed export, dropped before one.",
      labels: ["outcome"],
    });
    this.#counters = {
      exported: spans.with({ outcome: "exported" }),
      lost: spans.with({ outcome: "lost" }),
      dropped: spans.with({ outcome: "dropped" }),
    };
  }

  readonly add = (span: RecordedSpan): void => {
    if (this.#isClosed || this.#waiting.length + this.#underWay >= this.#options.max)
      return this.#counters.dropped.inc();
    this.#waiting.push(span);
    if (this.#waiting.length >= batchMax) this.#flush();
    else if (this.#timer === null && this.#sending === null) this.#startTimer();
  };

  /** Sends what remains. @returns false where something was left at the timeout, and is dropped */
  async close(timeoutMs: number): Promise<boolean> {
    this.#isClosed = true;
    const giveUp = setTimeout(() => this.#closing.abort(), timeoutMs);
    this.#flush();
    while (this.#sending !== null) await this.#sending;
    clearTimeout(giveUp);
    return !this.#closing.signal.aborted;
  }

  #startTimer(): void {
    this.#timer = setTimeout(() => this.#flush(), delayMs);
    // must not keep the process alive: `close` sends what remains
    this.#timer.unref();
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#sending !== null || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, batchMax);
    // the request that completed the batch is unrelated to its export
    this.#sending = runWithoutLogContext(() => this.#send(batch));
  }

  async #send(batch: readonly RecordedSpan[]): Promise<void> {
    const { resource, target } = this.#options;
    this.#underWay = batch.length;
    const { lost, error } = await sendExport(
      target,
      writeExport(resource, batch),
      batch.length,
      this.#closing.signal,
    );
    this.#underWay = 0;
    this.#counters.exported.inc(batch.length - lost);
    this.#counters.lost.inc(lost);
    this.#tell(error);
    this.#sending = null;
    if (this.#isClosed || this.#waiting.length >= batchMax) this.#flush();
    else if (this.#waiting.length > 0) this.#startTimer();
  }

  /** Logs once when exports start to fail, and once when they recover. */
  #tell(error: Error | null): void {
    const { logger } = this.#options;
    if (error !== null && !this.#isFailing) logger.warn({ err: error }, "spans cannot be exported");
    if (error === null && this.#isFailing) logger.info({}, "exporting spans has recovered");
    this.#isFailing = error !== null;
  }
}
