import { createManualClock } from "@libs/testing";
import { type RunningGateway, startGatewayTo } from "./start-gateway.ts";
import { startUpstream, type UpstreamHandler } from "./upstreams/start-upstream.ts";

export const cachePolicies = (more: object = {}) => [{ type: "cache", ...more }];

/** Answers `answer 1`, `answer 2`, ... with this Cache-Control. */
export const cached = (control: string, headers: Record<string, string> = {}): UpstreamHandler => {
  let count = 0;
  return () => {
    count += 1;
    return new Response(`answer ${count}`, { headers: { "cache-control": control, ...headers } });
  };
};

/** A gateway in front of one service, with a stopped clock. */
export async function startCache(handler: UpstreamHandler, more: object = {}, route: object = {}) {
  const clock = createManualClock(Date.now());
  const upstream = startUpstream(async (request, seen) => {
    const answer = await handler(request, seen);
    answer.headers.set("date", new Date(clock.now()).toUTCString());
    return answer;
  });
  const gateway = await startGatewayTo(
    upstream.url,
    { policies: cachePolicies(more), ...route },
    {},
    { now: clock.now },
  );
  const ask = async (path = "/", init: RequestInit = {}) => {
    const answer = await fetch(gateway.url + path, init);
    return { answer, text: await answer.text(), status: answer.headers.get("cache-status") ?? "" };
  };
  return {
    upstream,
    gateway,
    ask,
    advance: (seconds: number) => clock.advance(seconds * 1000),
    async [Symbol.asyncDispose]() {
      await gateway.gateway.stop();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** How many requests came out so, by the metrics. */
export async function counted(gateway: RunningGateway, outcome: string): Promise<number> {
  const text = await gateway.metrics.render();
  const line = `cartway_cache_requests_total{route="all",cache="route all",outcome="${outcome}"} `;
  return Number(
    text
      .split("\n")
      .find((one) => one.startsWith(line))
      ?.split(" ")
      .at(-1) ?? 0,
  );
}
