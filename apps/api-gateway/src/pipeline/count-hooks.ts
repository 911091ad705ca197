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
  const decided = (answer: Response | undefined): Response | undefined => {
    tally.decided(answer);
    return answer;
  };
  const threw = (thrown: unknown): never => {
    tally.threw(thrown);
    throw thrown;
  };
  return (exchange) => {
    let pending: MaybePromise<Response | undefined>;
    try {
      pending = hook(exchange);
    } catch (thrown) {
      return threw(thrown);
    }
    return pending instanceof Promise ? pending.then(decided, threw) : decided(pending);
  };
}

function countRuns(hook: (exchange: Exchange) => MaybePromise<void>, tally: PolicyTally): typeof hook {
  return (exchange) => {
    tally.counts.applied += 1;
    return hook(exchange);
  };
}
