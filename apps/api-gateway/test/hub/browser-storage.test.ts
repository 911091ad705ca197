import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chromiumPath, waitUntil } from "@libs/testing";
import { startBrowserShop, type BrowserShop } from "./browser-shop.ts";

const messages = { cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 2 } } };
const open = { authenticate: { anonymous: true }, origins: ["*"] };

describe.skipIf(chromiumPath === null)("storage in a real browser (install chromium to run this)", () => {
  let shop: BrowserShop;

  beforeAll(async () => {
    shop = await startBrowserShop({
      endpoints: () => [
        { ...open, path: "/ws", messages },
        { ...open, path: "/ws/account", messages: {} },
      ],
      pages: (hubUrl) => ({
        "/": client(`${hubUrl}/ws`),
        "/account": client(`${hubUrl}/ws/account`),
        "/framed": `${client(`${hubUrl}/ws`)}<script>track("framed").then(() => top.postMessage("acknowledged", "*"))</script>`,
        "/framing": `<!doctype html><script>onmessage = ({ data }) => { window.told = data }</script>
          <iframe sandbox="allow-scripts" src="/framed"></iframe>`,
      }),
    });
  }, 60_000);
  afterAll(() => shop.stop());

  const client = (url: string): string =>
    `<!doctype html><script src="/cartway.js"></script><script>
      const cartway = Cartway.create({ url: "${url}", backoffMaxMs: 200 });
      const refused = [];
      const track = (id) => cartway.send("cart_event", { id }).catch(({ code }) => refused.push(code));
    </script>`;

  test("a page without any storage still has its events acknowledged", async () => {
    const { tab, at, arrived } = shop;
    await tab.goto(at("/framing"));
    await waitUntil(() => tab.evaluate("window.told === 'acknowledged'"));
    expect(arrived()).toContain("framed");
  }, 60_000);

  test("a queue for one endpoint is not sent to another", async () => {
    const { tab, at, service, arrived } = shop;
    await tab.goto(at("/"));
    await tab.offline(true);
    await waitUntil(() => tab.evaluate("cartway.state.connection.status === 'offline'"));
    await tab.evaluate("void track('for-the-cart')");
    await waitUntil(() => tab.evaluate("cartway.state.kept === 1"));
    await tab.offline(false);
    service.respond(() => Response.json({ error: { code: "overloaded", message: "" } }, { status: 503 }));
    await tab.goto(at("/account"));
    await waitUntil(() => tab.evaluate("cartway.state.connection.status === 'open'"));
    expect(await tab.evaluate("cartway.state.queued")).toBe(0);
    service.respond(null);
    await tab.goto(at("/"));
    await waitUntil(() =>
      tab.evaluate("cartway.state.queued === 0 && cartway.state.connection.status === 'open'"),
    );
    await waitUntil(() => arrived().includes("for-the-cart"));
  }, 60_000);

  test("two tabs sharing a queue send each other's events, each acknowledged event once", async () => {
    const { tab, at, arrived } = shop;
    await tab.goto(at("/"));
    await waitUntil(() => tab.evaluate("cartway.state.connection.status === 'open'"));
    await tab.evaluate(`new Promise((resolve) => {
      const other = document.createElement("iframe");
      other.src = "/?other";
      other.onload = () => resolve(void (window.other = other.contentWindow));
      document.body.append(other);
    })`);
    await waitUntil(() => tab.evaluate("other.eval('cartway').state.connection.status === 'open'"));
    await tab.evaluate("Promise.all([track('tab-1'), other.eval(\"track('tab-2')\"), track('tab-3')])");
    expect(
      arrived()
        .filter((id) => id.startsWith("tab-"))
        .toSorted(),
    ).toEqual(["tab-1", "tab-2", "tab-3"]);
    expect(await tab.evaluate("[refused, other.eval('refused')].flat()")).toEqual([]);
    expect(await tab.evaluate("cartway.sessionId === other.eval('cartway').sessionId")).toBe(true);
  }, 60_000);
});
