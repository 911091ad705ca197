import type { AnswerPart } from "../model/exchange/exchange.ts";

export type PartOutcome = AnswerPart["outcome"];

/** A part's outcome, for the log: `abandoned` until it has ended. */
export class PartRecord implements AnswerPart {
  readonly name: string;
  readonly service: string;
  outcome: PartOutcome = "abandoned";
  status: number | null = null;
  durationMs: number | null = null;
  readonly #startedAt = performance.now();

  constructor(name: string, service: string) {
    this.name = name;
    this.service = service;
  }

  end(outcome: PartOutcome): void {
    this.outcome = outcome;
    this.durationMs = performance.now() - this.#startedAt;
  }
}
