import { messageOf } from "@libs/errors";
import { type Figure, Latencies, watchOwnLoad } from "@libs/measuring";

export type Measured = "heartbeat" | "claim" | "result" | "ask";

/** Records a simulation: durations of calls, failures, and the outcome of each command. */
export class Measures {
  readonly #latencies: Record<Measured, Latencies> = {
    heartbeat: new Latencies(),
    claim: new Latencies(),
    result: new Latencies(),
    ask: new Latencies(),
  };
  readonly #own = watchOwnLoad();
  readonly #failures = new Map<string, number>();
  readonly #askedAt = new Map<string, number>();
  readonly #claims = new Map<string, number>();
  readonly #doneAt = new Map<string, number>();

  /** Measures a call from when it was due; `undefined` where it failed. */
  async time<T>(
    what: Measured,
    call: () => Promise<T>,
    wantedAt = performance.now(),
  ): Promise<T | undefined> {
    try {
      const answer = await call();
      this.#latencies[what].add(performance.now() - wantedAt);
      return answer;
    } catch (error) {
      const text = `${what}: ${messageOf(error).slice(0, 160)}`;
      this.#failures.set(text, (this.#failures.get(text) ?? 0) + 1);
      return undefined;
    }
  }

  /** Discards measurements so far, except of commands in progress: the warm-up does not count. */
  restart(): void {
    for (const name of Object.keys(this.#latencies)) this.#latencies[name as Measured] = new Latencies();
    this.#failures.clear();
    this.#own.restart();
  }

  asked(commandId: string, atMs: number): void {
    this.#askedAt.set(commandId, atMs);
  }

  claimed(commandId: string): void {
    this.#claims.set(commandId, (this.#claims.get(commandId) ?? 0) + 1);
  }

  done(commandId: string): void {
    this.#doneAt.set(commandId, performance.now());
  }

  get openCommands(): number {
    return [...this.#askedAt.keys()].filter((id) => !this.#doneAt.has(id)).length;
  }

  /** What was measured against what has to hold; the rest is in `report`. */
  figures(seconds: number, commandsPerSec: number): readonly Figure[] {
    const asked = this.#latencies.ask.count / seconds;
    const failed = [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
    return [
      { what: "commands asked for", value: asked, unit: "/s", atLeast: 0.95 * commandsPerSec },
      {
        what: "claim, 99th percentile",
        value: this.#latencies.claim.percentile(0.99),
        unit: "ms",
        atMost: 20,
      },
      { what: "calls that failed", value: failed, unit: "", atMost: 0 },
      { what: "commands lost", value: this.openCommands, unit: "", atMost: 0 },
      { what: "commands held twice", value: this.#heldTwice, unit: "", atMost: 0 },
    ];
  }

  get #heldTwice(): number {
    return [...this.#claims.values()].filter((count) => count > 1).length;
  }

  report(seconds: number): string {
    const untilDone = new Latencies();
    for (const [id, askedAt] of this.#askedAt) {
      const doneAt = this.#doneAt.get(id);
      if (doneAt !== undefined) untilDone.add(doneAt - askedAt);
    }
    const rate = (this.#latencies.ask.count / seconds).toFixed(0);
    const failures = [...this.#failures].map(([text, count]) => `  ${count} × ${text}`);
    return [
      `asked      ${this.#latencies.ask.summary()}  (${rate}/s)`,
      `claim      ${this.#latencies.claim.summary()}`,
      `result     ${this.#latencies.result.summary()}`,
      `heartbeat  ${this.#latencies.heartbeat.summary()}`,
      `itself     ${this.#own.cores().toFixed(2)} cores; its loop came late by ${this.#own.lags.summary()}`,
      `ask to done ${untilDone.summary()}`,
      `commands   ${this.#askedAt.size} asked, ${this.#doneAt.size} done, ${this.openCommands} open, ${this.#heldTwice} held twice`,
      failures.length === 0 ? "failures   none" : `failures\n${failures.join("\n")}`,
    ].join("\n");
  }
}
