import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chromiumPath, waitUntil } from "@libs/testing";
import { startBrowserShop, type BrowserShop } from "./browser-shop.ts";

describe.skipIf(chromiumPath === null)("in a real browser (install chromium to run this)", () => {
  let shop: BrowserShop;
  const beacons: { id?: unknown }[][] = [];

  beforeAll(async () => {
    shop = await startBrowserShop({
      endpoints: (origin) => [
        {
          path: "/ws",
          authenticate: { anonymous: true },
          origins: [origin],
          messages: {
            cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 2 } },
          },
          rooms: { pattern: "cart:{sessionId}" },
        },
      ],
      pages: (hubUrl) => ({ "/": page(hubUrl) }),
      async posted(request) {
        beacons.push(JSON.parse(await request.text()));
      },
    });
  }, 60_000);
  afterAll(() => shop.stop());

  const page = (url: string) => `<!doctype html><script src="/cartway.js"></script><script>
    const cartway = Cartway.create({ url: "${url}/ws", beacon: { type: "cart_event", url: "/beacon" }, backoffMaxMs: 200 });
    const heard = [];
    cartway.join("cart:" + cartway.sessionId, { onFrame: ({ id }) => heard.push(id) });
    const checkout = (first, last) => {
      for (let step = first; step <= last; step++) cartway.send("cart_event", { id: "step-" + step, cartId: "c-1" });
    };
  </script>`;
  test("going offline during a checkout, reloading and returning delivers every event once and in order", async () => {
    const { tab, arrived } = shop;
    const url = shop.at("/");
    await tab.goto(url);
    await waitUntil(() => tab.evaluate("cartway.state.connection.status === 'open'"));
    const sessionId = String(await tab.evaluate("cartway.sessionId"));
    await tab.evaluate("checkout(1, 3)");
    await waitUntil(() => tab.evaluate("cartway.state.queued === 0"));
    await tab.offline(true);
    await waitUntil(() => tab.evaluate("cartway.state.connection.status === 'offline'"));
    await tab.evaluate("checkout(4, 7)");
    expect(await tab.evaluate("cartway.state.queued")).toBe(4);
    await shop.hub.hub.publisher.publish(`room:cart:${sessionId}`, { type: "offer", id: "while-away" });
    await tab.goto(url).catch(() => undefined);
    await tab.offline(false);
    await tab.goto(url);
    expect(await tab.evaluate("cartway.sessionId")).toBe(sessionId);
    await tab.evaluate("checkout(8, 9)");
    await waitUntil(() => tab.evaluate("cartway.state.queued === 0"));
    expect(arrived()).toEqual(Array.from({ length: 9 }, (_, index) => `step-${index + 1}`));
  }, 60_000);

  test("a page that is left posts unanswered events, and the next page sends them again under the same ids", async () => {
    const { tab, service, arrived } = shop;
    const url = shop.at("/");
    await tab.goto(url);
    service.respond(() => new Promise<Response>(() => {}));
    await tab.evaluate("checkout(20, 21)");
    await waitUntil(() => arrived().includes("step-21"));
    await tab.goto(`${url}?next`);
    // The page of the test before may have posted what it left unanswered too.
    const posted = () =>
      beacons.flat().flatMap(({ id }) => (id === "step-20" || id === "step-21" ? [id] : []));
    await waitUntil(() => posted().length > 0);
    expect(posted()).toEqual(["step-20", "step-21"]);
    service.respond(null);
    await waitUntil(() => arrived().filter((id) => id === "step-21").length === 2);
    await waitUntil(() => tab.evaluate("cartway.state.queued === 0"), { timeoutMs: 20_000 });
  }, 60_000);
});
