import type { Counter, Gauge, Labelled } from "@libs/monitoring";
import { Type } from "@sinclair/typebox";
import type { DiscoveredTarget, DiscoveryDeps } from "./discovery.ts";
import { isReachable } from "./is-reachable.ts";

/** `targetsMin` of every provider that queries a registry. */
export const targetsMinSchema = Type.Integer({
  minimum: 0,
  maximum: 1000,
  default: 1,
  description:
    "Once this many targets have been found, an answer with fewer is ignored and the last good one stays in use. 0 accepts every answer.",
});

/** Targets that one line of the log names. */
const loggedMax = 10;

/**
 * Stands between a provider and its service: keeps the last good targets through outages and through implausibly small answers, passes
 * on only changes, and reports in log and metrics whether the provider can be reached.
 */
export class LastGoodTargets {
  readonly #type: string;
  readonly #targetsMin: number;
  readonly #deps: DiscoveryDeps;
  readonly #answers: Labelled<"service" | "outcome", Counter>;
  readonly #up: Labelled<"service", Gauge>;
  #last: readonly DiscoveredTarget[] | null = null;
  #unreachable = "";
  #problem: "none" | "failed" | "too-few" = "none";
  /** Of the last answer, where that has implausibly few targets. */
  #tooFew: number | null = null;
  /** `null` before the first answer. */
  #isUp: boolean | null = null;
  readonly #end: () => void;

  constructor(type: string, targetsMin: number, deps: DiscoveryDeps) {
    this.#type = type;
    this.#targetsMin = targetsMin;
    this.#deps = deps;
    this.#answers = deps.metrics.counter({
      name: "cartway_discovery_answers_total",
      help: "Answers of discovery providers: taken, failed, or not believed for having too few targets.",
      labels: ["service", "outcome"],
    });
    this.#up = deps.metrics.gauge({
      name: "cartway_discovery_up",
      help: "1 while the provider of a service's targets answers, 0 while its last good answer is in use.",
      labels: ["service"],
    });
    this.#end = deps.metrics.beforeRender(() => {
      if (this.#isUp !== null) this.#up.with({ service: deps.service }).set(this.#isUp ? 1 : 0);
    });
  }

  /** Takes a complete answer, without the targets that nobody could connect to. */
  accept(answer: readonly DiscoveredTarget[]): void {
    const last = this.#last;
    const found = answer.filter(({ upstream }) => isReachable(upstream));
    this.#noteUnreachable(answer);
    if (last !== null && found.length < this.#targetsMin && last.length >= this.#targetsMin)
      return this.#ignoreTooFew(found.length);
    this.#tooFew = null;
    this.confirm();
    // providers list the same targets in varying order
    const next = found.toSorted((a, b) => (a.upstream.id < b.upstream.id ? -1 : 1));
    if (last !== null && Bun.deepEquals(last, next)) return;
    this.#last = next;
    if (next.length < this.#targetsMin) this.#warn("discovery found too few targets", next.length);
    this.#deps.onTargets(next);
  }

  /** The provider answered that nothing has changed: a last answer with too few targets is ignored again. */
  confirm(): void {
    if (this.#tooFew !== null) return this.#ignoreTooFew(this.#tooFew);
    const { service, logger } = this.#deps;
    this.#answers.with({ service, outcome: "taken" }).inc();
    this.#isUp = true;
    if (this.#problem !== "none") logger.info({ service, provider: this.#type }, "discovery has recovered");
    this.#problem = "none";
  }

  failed(thrown: unknown): void {
    const { service, logger } = this.#deps;
    this.#answers.with({ service, outcome: "failed" }).inc();
    this.#isUp = false;
    if (this.#problem === "failed") return;
    this.#problem = "failed";
    const fields = { service, provider: this.#type, kept: this.#last?.length ?? 0, err: thrown };
    logger.warn(fields, "discovery failed; the last good answer stays in use");
  }

  /** Removes its gauge series too; another provider of the same service brings it back with the next scrape. */
  dispose(): void {
    this.#end();
    this.#up.remove({ service: this.#deps.service });
  }

  #noteUnreachable(answer: readonly DiscoveredTarget[]): void {
    const ids = answer.filter(({ upstream }) => !isReachable(upstream)).map(({ upstream }) => upstream.id);
    const known = this.#unreachable;
    this.#unreachable = ids.toSorted().join("\n");
    if (ids.length === 0 || this.#unreachable === known) return;
    const fields = { service: this.#deps.service, provider: this.#type, targets: ids.slice(0, loggedMax) };
    this.#deps.logger.warn(fields, "discovery gave targets whose host or port is none; they are left out");
  }

  #ignoreTooFew(count: number): void {
    this.#tooFew = count;
    this.#answers.with({ service: this.#deps.service, outcome: "too-few" }).inc();
    this.#isUp = false;
    if (this.#problem === "too-few") return;
    this.#problem = "too-few";
    this.#warn("discovery returned implausibly few targets; the last good answer stays in use", count);
  }

  #warn(message: string, targets: number): void {
    const { service, logger } = this.#deps;
    logger.warn({ service, provider: this.#type, targets, kept: this.#last?.length ?? 0 }, message);
  }
}
