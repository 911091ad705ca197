import { expect, test } from "bun:test";
import { errorOf } from "../support/error-of.ts";
import { startGatewayTo } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

test("an overloaded service gets no more than its limit, the excess is refused with Retry-After, and it recovers", async () => {
  let inside = 0;
  let most = 0;
  let held = Promise.withResolvers<void>();
  await using upstream = startUpstream(async () => {
    inside += 1;
    most = Math.max(most, inside);
    await held.promise;
    inside -= 1;
    return new Response("done");
  });
  await using gateway = await startGatewayTo(
    upstream.url,
    {},
    { inFlightMax: 16, retry: { attemptsMax: 3 }, breaker: { service: { failuresInARow: 5 } } },
  );
  for (let flood = 1; flood <= 3; flood += 1) {
    held = Promise.withResolvers<void>();
    const first = Array.from({ length: 16 }, () => fetch(gateway.url));
    await upstream.seen.atLeast(16 * flood);
    const refused = await Promise.all(Array.from({ length: 200 }, () => fetch(gateway.url)));
    for (const answer of refused) {
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
      expect((await errorOf(answer)).code).toBe("bulkhead_full");
    }
    held.resolve();
    const served = await Promise.all(first.map(async (answer) => (await answer).text()));
    expect(new Set(served)).toEqual(new Set(["done"]));
  }
  expect(most).toBe(16);
  // Refusals of the gateway's own are no failures of the service: its breaker is closed.
  expect(await (await fetch(gateway.url)).text()).toBe("done");
  expect(upstream.seen.all.length).toBe(49);
});
