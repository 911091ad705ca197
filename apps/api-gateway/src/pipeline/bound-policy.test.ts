import { expect, test } from "bun:test";
import { CartwayError } from "@libs/errors";
import { checkedConfig, startGateway } from "../../test/support/start-gateway.ts";
import type { Policy } from "../model/exchange/policy.ts";
import { PolicyTally } from "../telemetry/policy-tallies.ts";
import { BoundPolicy } from "./bound-policy.ts";

const explain: Policy["explain"] = () => ({ verdict: "pass", inputs: {} });
const exchange = { decisions: null } as never;

test("each policy of a route counts evaluations and decisions, across reloads", async () => {
  const config = {
    routes: [
      {
        id: "limited",
        match: { path: "/limited" },
        policies: [
          { type: "security-headers" },
          { type: "rate-limit", by: ["ip"], limit: 2, windowMs: 3_600_000 },
          { type: "respond", body: "{}" },
        ],
      },
      { id: "quiet", match: { path: "/quiet" }, policies: [{ type: "respond" }] },
    ],
  };
  await using gateway = await startGateway(config);
  for (let count = 0; count < 3; count += 1) await fetch(`${gateway.url}/limited`);
  await gateway.gateway.reload(checkedConfig(config));
  await fetch(`${gateway.url}/limited`);
  const lines = (await gateway.metrics.render()).split("\n");
  const shown = lines.filter((line) => line.startsWith("cartway_policy_decisions_total{"));
  expect(shown.toSorted()).toEqual([
    'cartway_policy_decisions_total{policy="rate-limit",route="limited",outcome="passed"} 2',
    'cartway_policy_decisions_total{policy="rate-limit",route="limited",outcome="refused"} 2',
    'cartway_policy_decisions_total{policy="respond",route="limited",outcome="answered"} 2',
    'cartway_policy_decisions_total{policy="security-headers",route="limited",outcome="applied"} 4',
  ]);
});

test("asynchronous decisions, refusals and failures of a hook are counted and passed on unchanged", async () => {
  const tally = new PolicyTally("p", "r");
  const run = (request: NonNullable<Policy["request"]>) =>
    Promise.resolve().then(() => new BoundPolicy("guard", { request, explain }, tally).request(exchange));
  const answer = new Response();
  expect(await run(() => Promise.resolve(answer))).toBe(answer);
  expect(await run(() => Promise.resolve(undefined))).toBeUndefined();
  await expect(run(() => Promise.reject(new CartwayError("forbidden")))).rejects.toThrow("not allowed");
  await expect(
    run(() => {
      throw new TypeError("a fault");
    }),
  ).rejects.toThrow("a fault");
  expect(tally.counts()).toEqual({ passed: 1, answered: 1, refused: 1, failed: 1, applied: 0 });
});

test("an enclosing policy is counted by its runs, unless it has a request hook, which is counted instead", async () => {
  const tally = new PolicyTally("p", "r");
  const outcome = { response: { status: 200, headers: {} as never, body: null }, error: null };
  const around = new BoundPolicy(
    "guard",
    { around: (inner, next) => next(inner), response() {}, explain },
    tally,
  );
  await around.around(exchange, () => Promise.resolve(outcome));
  await around.response(exchange);
  expect(tally.applied).toBe(1);
  const policy = { request: () => undefined, response() {}, around: () => outcome, explain };
  const both = new BoundPolicy("guard", policy, tally);
  await both.request(exchange);
  await both.response(exchange);
  await both.around(exchange, () => Promise.resolve(outcome));
  expect(tally).toMatchObject({ applied: 1, passed: 1 });
});

test("a policy without hooks is refused, because it would be inert", () => {
  expect(() => new BoundPolicy("guard", { explain }, new PolicyTally("lazy", "shop"))).toThrow(
    "the policy lazy of the route shop does nothing",
  );
});
