import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chromiumPath, waitUntil } from "@libs/testing";
import { type Browser, openBrowser } from "./browser.ts";
import { type EventService, startEventService } from "./event-service.ts";
import { type HubFixture, startHub } from "./start-hub.ts";

const messages = { cart_event: { service: "ingestion", path: "/events", batch: { max: 100, waitMs: 2 } } };
const open = { authenticate: { anonymous: true }, origins: ["*"] };

describe.skipIf(chromiumPath === null)("what a real browser keeps (install chromium to run this)", () => {
  let browser: Browser;
  let service: EventService;
  let hub: HubFixture;
  let shop: Bun.Server<undefined>;

  beforeAll(async () => {
    const entrypoints = [`${import.meta.dir}/../../../../libs/client/src/script-tag.ts`];
    const built = await Bun.build({ entrypoints, format: "iife", target: "browser" });
    const script = await built.outputs[0]?.text();
    service = startEventService();
    hub = startHub({
      services: { ingestion: service.url },
      hub: {
        endpoints: [
          { ...open, path: "/ws", messages },
          { ...open, path: "/ws/account", messages: {} },
        ],
      },
    });
    const client = (path: string): string =>
      `<!doctype html><script src="/cartway.js"></script><script>
        const cartway = Cartway.create({ url: "${hub.url}${path}", backoffMaxMs: 200 });
        const refused = [];
        const track = (id) => cartway.send("cart_event", { id }).catch(({ code }) => refused.push(code));
      </script>`;
    const pages: Readonly<Record<string, string>> = {
      "/": client("/ws"),
      "/account": client("/ws/account"),
      "/framed": `${client("/ws")}<script>track("framed").then(() => top.postMessage("acknowledged", "*"))</script>`,
      "/framing": `<!doctype html><script>onmessage = ({ data }) => { window.told = data }</script>
        <iframe sandbox="allow-scripts" src="/framed"></iframe>`,
    };
    shop = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        const { pathname } = new URL(request.url);
        const type = pathname === "/cartway.js" ? "text/javascript" : "text/html";
        return new Response(pathname === "/cartway.js" ? script : pages[pathname], {
          headers: { "content-type": type, "access-control-allow-origin": "*" },
        });
      },
    });
    browser = await openBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await hub.stop();
    await service.stop();
    await shop.stop(true);
  });
  const at = (path: string): string => `http://127.0.0.1:${shop.port}${path}`;
  const arrived = () =>
    service.calls.all.flatMap(({ elements }) => elements.map((element) => String(element["id"])));

  test("a page that may keep nothing at all still has its events acknowledged", async () => {
    await browser.tab.goto(at("/framing"));
    await waitUntil(() => browser.tab.evaluate("window.told === 'acknowledged'"));
    expect(arrived()).toContain("framed");
  }, 60_000);

  test("what waits for one endpoint is not sent to another that the shop's pages use", async () => {
    const { tab } = browser;
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

  test("two tabs of one queue send what either has queued, and the service is asked once for what was acknowledged", async () => {
    const { tab } = browser;
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
