import { expect, test } from "bun:test";
import { waitUntil } from "@libs/testing";
import { explainRequest } from "../../explain/explain-request.ts";
import { createOfflineSnapshot } from "../../explain/offline-snapshot.ts";
import { checkedConfig, serviceAt, startGateway } from "../../../test/support/start-gateway.ts";
import { startUpstream } from "../../../test/support/upstreams/start-upstream.ts";

const counting = (name: string, status: () => number = () => 200, control = "max-age=60") => {
  let count = 0;
  return startUpstream(
    () =>
      new Response(`${name} ${(count += 1)}`, { status: status(), headers: { "cache-control": control } }),
  );
};

const configOf = (shop: string, next: string, canary: object) => ({
  services: { shop: serviceAt(shop), next: serviceAt(next) },
  routes: [
    {
      id: "all",
      match: { path: "/*" },
      service: "shop",
      policies: [{ type: "cache" }, { type: "canary", service: "next", header: "x-canary", ...canary }],
    },
  ],
});

const choosing =
  (url: string) =>
  async (choice: string, init: RequestInit = {}) =>
    await (await fetch(url, { ...init, headers: { "x-canary": choice } })).text();

test("beside a cache each caller gets the answers of its own service, and a change forgets those of both", async () => {
  await using shop = counting("shop");
  await using next = counting("next");
  await using gateway = await startGateway(configOf(shop.url, next.url, {}));
  const ask = choosing(gateway.url);
  const both = async () => [await ask("never"), await ask("always")];
  for (let round = 0; round < 2; round += 1) expect(await both()).toEqual(["shop 1", "next 1"]);
  await ask("always", { method: "POST" });
  expect(await both()).toEqual(["shop 2", "next 3"]);
});

test("beside a cache those who ask different services at once do not wait for each other", async () => {
  const never = Promise.withResolvers<Response>();
  await using shop = startUpstream(() => never.promise);
  await using next = counting("next");
  await using gateway = await startGateway(configOf(shop.url, next.url, {}));
  const ask = choosing(gateway.url);
  const waiting = ask("never");
  await shop.seen.atLeast(1);
  expect(await ask("always")).toBe("next 1");
  never.resolve(new Response("shop"));
  expect(await waiting).toBe("shop");
});

test("a canary that fails is rolled back, even if a cache answers in its place; what the cache has is not its merit", async () => {
  let status = 200;
  const control = "max-age=0, stale-if-error=600";
  await using shop = counting("shop", () => 200, control);
  await using next = counting("next", () => status, control);
  const canary = { percent: 50, by: [{ header: "x-caller" }], rollback: { samplesMin: 10 } };
  await using gateway = await startGateway(configOf(shop.url, next.url, canary));
  const ask = choosing(gateway.url);
  for (const choice of ["never", "always"]) await ask(choice);
  status = 500;
  const isActive = async () =>
    (await gateway.metrics.render()).includes('cartway_canary_active{route="all",service="next"} 1');
  expect(await isActive()).toBe(true);
  await waitUntil(async () => {
    expect(await ask("always")).toBe("next 1");
    await ask("never");
    return !(await isActive());
  });
});

test("explain shows for which service a cache is looked up", async () => {
  const config = checkedConfig(configOf("http://127.0.0.1:1", "http://127.0.0.1:2", {}));
  const { snapshot } = createOfflineSnapshot(config, {});
  const asked = { method: "GET", url: "http://a/", peerIp: "127.0.0.1", caller: null };
  const { policies } = await explainRequest(snapshot, { ...asked, headers: [["x-canary", "always"]] });
  expect(policies).toMatchObject([
    { policy: "canary", phase: "choose", inputs: { service: "next", because: "header" } },
    { policy: "cache", inputs: { service: "next", stored: false } },
  ]);
  await snapshot.retire();
});
