import type { Exchange } from "../model/exchange.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Phase } from "../model/phases.ts";
import type { Policy } from "../model/policy.ts";
import type { PolicyTally } from "../telemetry/policy-tallies.ts";

/**
 * Counts a policy's evaluations, by its request hook or, without one, by its others. @throws Error for a policy without any hook, which
 * would silently do nothing.
 */
export function countHooks(policy: Policy, tally: PolicyTally, phase: Phase): Policy {
  const request = policy.request?.bind(policy);
  const response = policy.response?.bind(policy);
  const around = policy.around?.bind(policy);
  if (request === undefined && response === undefined && around === undefined)
    throw new Error(`the policy ${tally.policy} of the route ${tally.route} does nothing`);
  const counted: Policy = {
    withheldFields: policy.withheldFields ?? [],
    explain: (exchange) => policy.explain(exchange),
    dispose: () => policy.dispose?.(),
  };
  if (request !== undefined) counted.request = countDecisions(request, tally, phase);
  const isCounted = request !== undefined;
  if (response !== undefined)
    counted.response = isCounted || around !== undefined ? response : countRuns(response, tally);
  if (around !== undefined) {
    counted.around = isCounted
      ? around
      : (exchange, next) => {
          tally.counts.applied += 1;
          return around(exchange, next);
        };
  }
  return counted;
}

type RequestHook = (exchange: Exchange) => MaybePromise<Response | undefined>;

function countDecisions(hook: RequestHook, tally: PolicyTally, phase: Phase): RequestHook {
  const { policy } = tally;

  function fail(exchange: Exchange, thrown: unknown): never {
    tally.threw(thrown);
    exchange.refusedBy = policy;
    const verdict = exchange.refusal ?? { verdict: "refuse", inputs: {} };
    exchange.decisions?.push({ step: "policy", policy, phase, ...verdict });
    throw thrown;
  }

  function decided(exchange: Exchange, answer: Response | undefined): Response | undefined {
    tally.decided(answer);
    if (exchange.decisions !== null) {
      const verdict = answer === undefined ? "pass" : "answer";
      const status = answer === undefined ? {} : { status: answer.status };
      exchange.decisions.push({ step: "policy", policy, phase, verdict, inputs: {}, ...status });
    }
    return answer;
  }

  async function settle(exchange: Exchange, pending: Promise<Response | undefined>) {
    try {
      return decided(exchange, await pending);
    } catch (thrown) {
      return fail(exchange, thrown);
    }
  }

  return (exchange) => {
    let answer: MaybePromise<Response | undefined>;
    try {
      answer = hook(exchange);
    } catch (thrown) {
      return fail(exchange, thrown);
    }
    if (answer instanceof Promise) return settle(exchange, answer);
    return decided(exchange, answer);
  };
}

function countRuns(hook: (exchange: Exchange) => MaybePromise<void>, tally: PolicyTally): typeof hook {
  return (exchange) => {
    tally.counts.applied += 1;
    return hook(exchange);
  };
}
