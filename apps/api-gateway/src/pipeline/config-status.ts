import type { Counter, Gauge, Labelled, Metrics } from "@libs/monitoring";

/** The current config, and the result of the last reload. */
export interface ConfigStatus {
  readonly hash: string;
  /** ISO 8601, like the other time. */
  readonly loadedAt: string;
  /** `null` before the first one. */
  readonly lastReload: ReloadNote | null;
}

export type ReloadNote =
  | { readonly at: string; readonly outcome: "applied" }
  | { readonly at: string; readonly outcome: "refused"; readonly problem: string };

/** Truncates the problems of a very broken config. */
const problemCharsMax = 4000;

/** The public part: problems of a refused config would quote it. */
export function publicStatus({ hash, loadedAt, lastReload }: ConfigStatus) {
  const shown = lastReload === null ? null : { at: lastReload.at, outcome: lastReload.outcome };
  return { hash, loadedAt, lastReload: shown };
}

/** Keeps the status and its metrics consistent. */
export class ConfigStatusBoard {
  readonly #now: () => number;
  readonly #reloads: Labelled<"outcome", Counter>;
  readonly #lastSuccess: Gauge;
  readonly #loadedAt: Gauge;
  readonly #info: Labelled<"hash", Gauge>;
  #status: ConfigStatus;

  /** @param hash of the current config. */
  constructor(hash: string, metrics: Metrics, now: () => number) {
    this.#now = now;
    this.#reloads = metrics.counter({
      name: "cartway_config_reloads_total",
      help: "Reloads of the config, by outcome.",
      labels: ["outcome"],
    });
    this.#lastSuccess = metrics.gauge({
      name: "cartway_config_last_reload_successful",
      help: "1 where the last reload took effect, 0 where it was refused.",
    });
    this.#loadedAt = metrics.gauge({
      name: "cartway_config_loaded_timestamp_seconds",
      help: "When the config that runs was loaded, in seconds since the epoch.",
    });
    this.#info = metrics.gauge({
      name: "cartway_config_info",
      help: "1 for the config that runs, by its hash.",
      labels: ["hash"],
    });
    this.#status = this.#show(hash, null);
    this.#lastSuccess.set(1);
  }

  get status(): ConfigStatus {
    return this.#status;
  }

  applied(hash: string): void {
    this.#info.remove({ hash: this.#status.hash });
    this.#status = this.#show(hash, { at: new Date(this.#now()).toISOString(), outcome: "applied" });
    this.#reloads.with({ outcome: "applied" }).inc();
    this.#lastSuccess.set(1);
  }

  refused(problem: string): void {
    const at = new Date(this.#now()).toISOString();
    const lastReload = { at, outcome: "refused", problem: problem.slice(0, problemCharsMax) } as const;
    this.#status = { ...this.#status, lastReload };
    this.#reloads.with({ outcome: "refused" }).inc();
    this.#lastSuccess.set(0);
  }

  #show(hash: string, lastReload: ReloadNote | null): ConfigStatus {
    const now = this.#now();
    this.#info.with({ hash }).set(1);
    this.#loadedAt.set(Math.floor(now / 1000));
    return { hash, loadedAt: new Date(now).toISOString(), lastReload };
  }
}
