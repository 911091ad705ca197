import type { Exchange } from "../model/exchange.ts";
import type { MaybePromise } from "../model/maybe-promise.ts";
import type { Policy } from "../model/policy.ts";
import type { PolicyTally } from "../telemetry/policy-tallies.ts";

/**
 * A policy whose evaluations are counted: by its request hook, or where it has none by its others. @throws Error for a policy
 * without any hook: it would be inert, and nobody would notice.
 */
export function countHooks(policy: Policy, tally: PolicyTally): Policy {
  const request = policy.request?.bind(policy);
  const response = policy.response?.bind(policy);
  const around = policy.around?.bind(policy);
  if (request === undefined && response === undefined && around === undefined)
    throw new Error(`the policy ${tally.policy} of the route ${tally.route} does nothing`);
  const counted: Policy = {
    explain: (exchange) => policy.explain(exchange),
    dispose: () => policy.dispose?.(),
  };
  if (request !== undefined) counted.request = countDecisions(request, tally);
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

function countDecisions(hook: RequestHook, tally: PolicyTally): RequestHook {
  function fail(exchange: Exchange, thrown: unknown): never {
    tally.threw(thrown);
    exchange.refusedBy = tally.policy;
    throw thrown;
  }

  async function settle(exchange: Exchange, pending: Promise<Response | undefined>) {
    try {
      const answer = await pending;
      tally.decided(answer);
      return answer;
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
    tally.decided(answer);
    return answer;
  };
}

function countRuns(hook: (exchange: Exchange) => MaybePromise<void>, tally: PolicyTally): typeof hook {
  return (exchange) => {
    tally.counts.applied += 1;
    return hook(exchange);
  };
}
