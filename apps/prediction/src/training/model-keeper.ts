import type { ClickHouseClient } from "@libs/database";
import type { Logger } from "@libs/monitoring";
import { featureVector } from "../features/features.ts";
import type { LabelledSession } from "../features/read-csv.ts";
import type { PredictionMetrics } from "../http/prediction-metrics.ts";
import { measureQuality } from "../learning/quality.ts";
import type { ModelFile } from "../model/model-file.ts";
import { ModelStore, type TrainingRecord } from "../model/model-store.ts";
import { Predictor } from "../model/predictor.ts";
import { reasonToWait } from "./reason-to-wait.ts";
import { trainInWorker } from "./train-in-worker.ts";
import { readTrainingSessions } from "./training-data.ts";

export interface ModelKeeperOptions {
  /** Where trained models are kept; `null` keeps them in memory only. */
  readonly directory: string | null;
  /** Least visits that a training needs. */
  readonly sessionsMin: number;
  readonly quietMs: number;
}

export interface ModelKeeperParts {
  readonly shipped: ModelFile;
  readonly clickhouse: ClickHouseClient;
  readonly metrics: PredictionMetrics;
  readonly logger: Logger;
  readonly now: () => number;
}

export type TrainingOutcome =
  | { readonly outcome: "skipped"; readonly reason: string }
  | {
      readonly outcome: "kept" | "replaced";
      readonly model: string;
      readonly challengerAuc: number;
      readonly championAuc: number;
    };

const sessionsMax = 50_000;

/** Holds the current model, trains challengers, and replaces it only if a challenger predicts at least as well. */
export class ModelKeeper {
  readonly #options: ModelKeeperOptions;
  readonly #parts: ModelKeeperParts;
  readonly #store: ModelStore | null;
  readonly #models: Predictor[];
  #lastTrainedAtMs: number | null = null;
  #training: Promise<TrainingOutcome> | null = null;

  constructor(options: ModelKeeperOptions, parts: ModelKeeperParts) {
    this.#options = options;
    this.#parts = parts;
    this.#store = options.directory === null ? null : new ModelStore(options.directory);
    this.#models = [new Predictor(parts.shipped)];
    parts.metrics.using(parts.shipped);
  }

  /** Loads the model that was in use when the service stopped, if any. */
  async restore(): Promise<void> {
    try {
      const kept = (await this.#store?.current()) ?? null;
      if (kept !== null) this.#use(kept);
    } catch (thrown) {
      this.#parts.logger.warn({ err: thrown }, "the stored model is unusable; the shipped one is used");
    }
  }

  /** When the last training completed, before a restart too if models are stored; `null` if none did. */
  async lastTrainedAtMs(): Promise<number | null> {
    return this.#lastTrainedAtMs ?? (await this.#store?.lastTrainedAtMs()) ?? null;
  }

  current(): Predictor {
    const [current] = this.#models;
    if (current === undefined) throw new Error("there is always a model");
    return current;
  }

  all(): readonly ModelFile[] {
    return this.#models.map((predictor) => predictor.file);
  }

  /** Trains on completed visits; joins a training in progress. */
  train(): Promise<TrainingOutcome> {
    this.#training ??= this.#train()
      .catch((thrown: unknown) => {
        this.#parts.metrics.trained("failed");
        throw thrown;
      })
      .finally(() => {
        this.#training = null;
      });
    return this.#training;
  }

  async #train(): Promise<TrainingOutcome> {
    const nowMs = this.#parts.now();
    const window = { nowMs, quietMs: this.#options.quietMs, sessionsMax };
    const sessions = await readTrainingSessions(this.#parts.clickhouse, window);
    // The newest fifth judges: neither model has seen it, the shipped one least of all.
    const share = Math.floor(sessions.length / 5);
    const [judged, others] = [sessions.slice(0, share), sessions.slice(share)];
    const reason = reasonToWait({ judged, others }, this.#options.sessionsMin);
    if (reason !== null) {
      this.#parts.metrics.trained("skipped");
      return { outcome: "skipped", reason };
    }
    const challenger = new Predictor(await trainInWorker(others, nowMs));
    const challengerAuc = aucOf(challenger, judged);
    const championAuc = aucOf(this.current(), judged);
    const outcome = challengerAuc >= championAuc ? "replaced" : "kept";
    if (outcome === "replaced") {
      this.#use(challenger.file);
      await this.#store?.use(challenger.file);
    }
    const at = new Date(nowMs).toISOString();
    await this.#noteTraining({ at, outcome, challengerAuc, championAuc });
    this.#parts.metrics.trained(outcome);
    this.#parts.logger.info(
      { outcome, challengerAuc, championAuc, sessions: sessions.length },
      "a model was trained",
    );
    return { outcome, model: this.current().file.version, challengerAuc, championAuc };
  }

  async #noteTraining(training: TrainingRecord): Promise<void> {
    this.#lastTrainedAtMs = Date.parse(training.at);
    await this.#store?.record(training);
  }

  #use(model: ModelFile): void {
    this.#models.unshift(new Predictor(model));
    this.#models.length = Math.min(this.#models.length, 5);
    this.#parts.metrics.using(model);
  }
}

function aucOf(predictor: Predictor, sessions: readonly LabelledSession[]): number {
  const probabilities = sessions.map(({ facts }) => predictor.probability(featureVector(facts)));
  return measureQuality(
    probabilities,
    sessions.map(({ purchased }) => (purchased ? 0 : 1)),
  ).rocAuc;
}
