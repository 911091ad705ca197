import { expect, test } from "bun:test";
import { startGatewayTo } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

/** A service that does one request after the other, as one with a lock does. */
function startSlowService() {
  const done = { requests: 0, atOnce: 0, most: 0 };
  let last = Promise.resolve();
  const upstream = startUpstream(async () => {
    done.atOnce += 1;
    done.most = Math.max(done.most, done.atOnce);
    last = last.then(() => Bun.sleep(2));
    await last;
    done.atOnce -= 1;
    done.requests += 1;
    return new Response("done");
  });
  return { upstream, done };
}

test.each([
  ["of a fixed size", { concurrency: 2 }],
  ["that finds its size", { adaptive: { initial: 4, min: 2, max: 8, windowMs: 20 } }],
])(
  "far above a service's capacity, a queue %s keeps it at useful work, and refuses the rest with Retry-After",
  async (_name, size) => {
    const { upstream, done } = startSlowService();
    await using _ = upstream;
    const queue = { type: "queue", ...size, waitingMax: 10, waitingPerTenantMax: 10, waitMaxMs: 100 };
    await using gateway = await startGatewayTo(upstream.url, { policies: [queue] });
    const outcomes: { readonly status: number; readonly retryAfter: string | null }[] = [];
    const client = async (): Promise<void> => {
      for (let count = 0; count < 15; count += 1) {
        const answer = await fetch(gateway.url);
        await answer.arrayBuffer();
        outcomes.push({ status: answer.status, retryAfter: answer.headers.get("retry-after") });
      }
    };
    await Promise.all(Array.from({ length: 40 }, client));
    const answered = outcomes.filter(({ status }) => status === 200).length;
    const refused = outcomes.filter(({ status }) => status === 503 || status === 429);
    expect(answered + refused.length).toBe(600);
    expect(done.requests).toBe(answered);
    expect(done.most).toBeLessThanOrEqual(8);
    expect(answered).toBeGreaterThan(20);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true);
    const metrics = await gateway.metrics.render();
    expect(metrics).toContain('cartway_queue_in_flight{queue="route all"} 0');
    expect(metrics).toContain('cartway_queue_depth{queue="route all"} 0');
  },
);
