import type { TlsSettings } from "@libs/elysia-server";
import type { Logger, Metrics } from "@libs/monitoring";
import type { ReadSecret } from "../model/secret-reference.ts";
import { type ListenerTls, readTls } from "./read-tls.ts";
import type { TlsConfig } from "./tls-schema.ts";

export interface ListenerCertificatesDeps {
  readonly readSecret: ReadSecret;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Gives the listener other certificates. Throws, changing nothing, where it cannot use them. */
  readonly replace: (tls: TlsSettings) => void;
}

/**
 * The certificates that the listener shows: from the config, and again from the same places while it runs, so that a renewed one
 * needs nobody. What cannot be used changes nothing, is logged and counted.
 */
export class ListenerCertificates {
  readonly #deps: ListenerCertificatesDeps;
  readonly #outcomes;
  #config: TlsConfig | null;
  #current: ListenerTls | null;
  #timer: NodeJS.Timeout | null = null;
  #lastProblem = "";

  /** @throws Error where they cannot be used. */
  constructor(config: TlsConfig | undefined, deps: ListenerCertificatesDeps) {
    this.#deps = deps;
    this.#config = config ?? null;
    this.#current = config === undefined ? null : readTls(config, deps.readSecret);
    this.#outcomes = deps.metrics.counter({
      name: "cartway_tls_certificate_reloads_total",
      help: "Times that the listener was to show other certificates.",
      labels: ["outcome"],
    });
    if (this.#current === null) return;
    const end = deps.metrics.gauge({
      name: "cartway_tls_certificate_end_timestamp_seconds",
      help: "When the first of the listener's certificates ends.",
    });
    deps.metrics.beforeRender(() => end.set((this.#current?.validTo ?? 0) / 1000));
  }

  get settings(): TlsSettings | null {
    return this.#current?.settings ?? null;
  }

  /** Reads them anew from time to time. */
  start(): void {
    if (this.#config !== null) this.#timer = setInterval(() => this.renew(), this.#config.renewalCheckMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Whether another config can be taken up without a restart. @throws Error that says why not. */
  check(config: TlsConfig | undefined): void {
    if (shapeOf(config) !== shapeOf(this.#config ?? undefined))
      throw new Error(
        "server.tls: whether there is TLS, whether it asks for client certificates, and its redirect change with a restart only",
      );
    if (config !== undefined) readTls(config, this.#deps.readSecret);
  }

  /** @throws Error where `check` does. */
  reload(config: TlsConfig | undefined): void {
    this.check(config);
    this.#config = config ?? null;
    this.renew();
    if (this.#timer === null) return;
    this.stop();
    this.start();
  }

  renew(): void {
    if (this.#config === null) return;
    const { readSecret, replace, logger } = this.#deps;
    try {
      const next = readTls(this.#config, readSecret);
      this.#lastProblem = "";
      if (next.fingerprint === this.#current?.fingerprint) return;
      replace(next.settings);
      this.#current = next;
      this.#outcomes.with({ outcome: "replaced" }).inc();
      const validTo = new Date(next.validTo).toISOString();
      logger.info({ validTo }, "the listener shows other certificates");
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      // Between a renewed certificate and its key, and once for each fault, however often it is looked at.
      if (problem !== this.#lastProblem) {
        this.#outcomes.with({ outcome: "refused" }).inc();
        logger.error({ problem }, "the listener keeps its certificates");
      }
      this.#lastProblem = problem;
    }
  }
}

/** What a listener cannot change while it is open. */
function shapeOf(config: TlsConfig | undefined): string {
  if (config === undefined) return "plain";
  return JSON.stringify([config.clientCertificates === undefined, config.redirect ?? null]);
}
