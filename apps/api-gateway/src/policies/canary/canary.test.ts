import { afterAll, describe, expect, test } from "bun:test";
import { explainRequest } from "../../explain/explain-request.ts";
import { createOfflineSnapshot } from "../../explain/offline-snapshot.ts";
import { checkedConfig, serviceAt, startGateway } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

const shop = startUpstream(() => new Response("shop"));
const next = startUpstream(() => new Response("next"));
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await next[Symbol.asyncDispose]();
});

const configOf = (canary: object, server: object = {}) => ({
  server,
  services: { shop: serviceAt(shop.url), next: serviceAt(next.url) },
  routes: ["/a", "/b"].map((path) => ({
    id: path.slice(1),
    match: { path },
    service: "shop",
    policies: [{ type: "canary", service: "next", ...canary }],
  })),
});

const callers = Array.from({ length: 200 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);

/** The callers that the canary serves. */
async function chosenAt(percent: number, path = "/a"): Promise<ReadonlySet<string>> {
  const config = configOf({ percent, by: [{ header: "x-caller" }] });
  await using gateway = await startGateway(config);
  const answers = await Promise.all(
    callers.map(async (caller) => {
      const answer = await fetch(gateway.url + path, { headers: { "x-caller": caller } });
      return [caller, await answer.text()] as const;
    }),
  );
  return new Set(answers.flatMap(([caller, text]) => (text === "next" ? [caller] : [])));
}

describe("a canary", () => {
  test("gets its share of the callers, the same on every route, and keeps them while the share grows", async () => {
    const [few, many] = [await chosenAt(10), await chosenAt(40)];
    expect([few.size > 5 && few.size < 40, many.size > 50 && many.size < 110]).toEqual([true, true]);
    expect([...few].filter((caller) => !many.has(caller))).toEqual([]);
    expect([...(await chosenAt(40, "/b"))].toSorted()).toEqual([...many].toSorted());
    expect([(await chosenAt(100)).size, (await chosenAt(0.0001)).size]).toEqual([callers.length, 0]);
  });

  test("can be requested or declined explicitly, and each choice is counted", async () => {
    await using gateway = await startGateway(configOf({ percent: 100, header: "x-canary" }));
    const ask = async (value: string) =>
      await (await fetch(`${gateway.url}/a`, { headers: { "x-canary": value } })).text();
    expect([await ask("never"), await ask("always"), await ask("other")]).toEqual(["shop", "next", "next"]);
    const metrics = await gateway.metrics.render();
    expect(metrics).toContain('cartway_canary_requests_total{route="a",service="shop"} 1');
    expect(metrics).toContain('cartway_canary_requests_total{route="a",service="next"} 2');
  });

  test("is named as the request's service in access log and explanation", async () => {
    const config = configOf({ header: "x-canary" }, { accessLog: { sampleRatio: 1 } });
    await using gateway = await startGateway(config);
    await (await fetch(`${gateway.url}/a`, { headers: { "x-canary": "always" } })).text();
    await (await fetch(`${gateway.url}/a`)).text();
    const lines = gateway.log.lines.filter((line) => "ended" in line);
    expect(lines.map(({ service, target }) => [service, target])).toEqual([
      ["next", next.id],
      ["shop", shop.id],
    ]);
    const { snapshot } = createOfflineSnapshot(checkedConfig(config), {});
    const asked = { method: "GET", url: `${gateway.url}/a`, peerIp: "127.0.0.1", caller: null };
    const explained = await explainRequest(snapshot, { ...asked, headers: [["x-canary", "always"]] });
    expect(explained).toMatchObject({
      ending: { kind: "sent", service: "next" },
      policies: [{ policy: "canary", inputs: { service: "next", because: "header" } }],
      service: { id: "next" },
    });
    await snapshot.retire();
  });

  test("applies to WebSockets, too", async () => {
    const greet = (name: string) =>
      Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no socket")),
        websocket: { open: (socket) => void socket.send(name), message() {} },
      });
    const [own, other] = [greet("shop"), greet("next")];
    const config = configOf({ header: "x-canary" });
    await using gateway = await startGateway({
      ...config,
      services: { shop: serviceAt(own.url.origin), next: serviceAt(other.url.origin) },
      routes: config.routes.map((route) => ({ ...route, websocket: true })),
    });
    const greeting = async (value: string): Promise<string> => {
      const url = `${gateway.url.replace("http", "ws")}/a`;
      const socket = new WebSocket(url, { headers: { "x-canary": value } });
      const { promise, resolve } = Promise.withResolvers<string>();
      socket.addEventListener("message", ({ data }) => resolve(String(data)));
      return await promise.finally(() => socket.close());
    };
    expect([await greeting("always"), await greeting("never")]).toEqual(["next", "shop"]);
    await Promise.all([own.stop(true), other.stop(true)]);
  });
});
