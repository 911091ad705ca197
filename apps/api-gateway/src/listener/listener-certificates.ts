import type { TlsSettings } from "@libs/elysia-server";
import { messageOf } from "@libs/errors";
import type { Logger, Metrics } from "@libs/monitoring";
import type { ReadSecret } from "../model/config/secret-reference.ts";
import { type ListenerTls, readTls } from "./read-tls.ts";
import type { TlsConfig } from "./tls-schema.ts";

export interface ListenerCertificatesDeps {
  readonly readSecret: ReadSecret;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Replaces the listener's certificates. Throws where they cannot be used, and keeps the old ones. */
  readonly replace: (tls: TlsSettings) => void;
}

/**
 * The listener's certificates: loaded from the config, and periodically reloaded from the same files, so that renewals need no action.
 * Unusable ones are logged and counted, and change nothing.
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

  /** Starts to reload them periodically. */
  start(): void {
    if (this.#config !== null) this.#timer = setInterval(() => this.renew(), this.#config.renewalCheckMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Whether another config can be applied without a restart. @throws Error with the reason why not. */
  check(config: TlsConfig | undefined): void {
    if (shapeOf(config) !== shapeOf(this.#config ?? undefined))
      throw new Error(
        "server.tls: whether TLS, HTTP/2 and client certificates are on, whether these are required, and the redirect can only be changed by a restart",
      );
    if (config !== undefined) readTls(config, this.#deps.readSecret);
  }

  /** Applies a config that `check` accepted. Never throws: certificates that can no longer be read are not replaced. */
  reload(config: TlsConfig | undefined): void {
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
      logger.info({ validTo }, "the listener's certificates were replaced");
    } catch (thrown) {
      const problem = messageOf(thrown);
      // may be seen between the renewal of a certificate and its key; each problem is logged once
      if (problem !== this.#lastProblem) {
        this.#outcomes.with({ outcome: "refused" }).inc();
        logger.error({ problem }, "the listener keeps its certificates");
      }
      this.#lastProblem = problem;
    }
  }
}

/** The settings that an open listener cannot change. */
function shapeOf(config: TlsConfig | undefined): string {
  if (config === undefined) return "plain";
  const { http2, clientCertificates, redirect } = config;
  return JSON.stringify([http2, clientCertificates?.required ?? null, redirect ?? null]);
}
