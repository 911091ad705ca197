import type { Exchange, Outcome } from "../model/exchange/exchange.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Phase } from "../model/exchange/phases.ts";
import type { Next, Policy } from "../model/exchange/policy.ts";
import type { PolicyTally } from "../telemetry/policy-tallies.ts";

/**
 * A policy on a route, which may share it with other routes. Counts the policy's evaluations there, by its request hook or, without one,
 * by its others.
 */
export class BoundPolicy {
  readonly phase: Phase;
  readonly policy: Policy;
  readonly tally: PolicyTally;

  /** @throws Error for a policy without any hook, which would silently do nothing. */
  constructor(phase: Phase, policy: Policy, tally: PolicyTally) {
    this.phase = phase;
    this.policy = policy;
    this.tally = tally;
    if (policy.request === undefined && policy.response === undefined && policy.around === undefined)
      throw new Error(`the policy ${tally.policy} of the route ${tally.route} does nothing`);
  }

  get type(): string {
    return this.tally.policy;
  }

  request(exchange: Exchange): MaybePromise<Response | undefined> {
    let answer: MaybePromise<Response | undefined>;
    try {
      answer = this.policy.request?.(exchange);
    } catch (thrown) {
      return this.#fail(exchange, thrown);
    }
    return answer instanceof Promise ? this.#settle(exchange, answer) : this.#decided(exchange, answer);
  }

  response(exchange: Exchange): MaybePromise<void> {
    const { policy } = this;
    if (policy.request === undefined && policy.around === undefined) this.tally.applied += 1;
    return policy.response?.(exchange);
  }

  around(exchange: Exchange, next: Next): MaybePromise<Outcome> {
    const { policy } = this;
    if (policy.request === undefined) this.tally.applied += 1;
    return policy.around === undefined ? next(exchange) : policy.around(exchange, next);
  }

  async #settle(exchange: Exchange, pending: Promise<Response | undefined>): Promise<Response | undefined> {
    try {
      return this.#decided(exchange, await pending);
    } catch (thrown) {
      return this.#fail(exchange, thrown);
    }
  }

  #decided(exchange: Exchange, answer: Response | undefined): Response | undefined {
    const { phase, tally } = this;
    tally.decided(answer);
    if (exchange.decisions !== null) {
      const verdict = answer === undefined ? "pass" : "answer";
      const status = answer === undefined ? {} : { status: answer.status };
      exchange.decisions.push({ step: "policy", policy: this.type, phase, verdict, inputs: {}, ...status });
    }
    return answer;
  }

  #fail(exchange: Exchange, thrown: unknown): never {
    const { phase, tally } = this;
    tally.threw(thrown);
    exchange.refusedBy = this.type;
    const verdict = exchange.refusal ?? { verdict: "refuse", inputs: {} };
    exchange.decisions?.push({ step: "policy", policy: this.type, phase, ...verdict });
    throw thrown;
  }
}
