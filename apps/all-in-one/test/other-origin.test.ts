import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { chromiumPath, openingLimitMs, waitUntil } from "@libs/testing";
import { type Browser, chromium } from "playwright-core";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

const readme = join(import.meta.dir, "../../../libs/client/README.md");

describe.skipIf(chromiumPath === null)("a shop of another origin (install chromium to run it)", () => {
  let running: TestPlatform;
  let browser: Browser;
  let shop: Bun.Server<undefined>;

  beforeAll(async () => {
    running = await startTestPlatform();
    const [, tenLines = ""] = /```html\n([^]*?)```/.exec(await Bun.file(readme).text()) ?? [];
    const page = tenLines.replaceAll("https://gateway.example", running.url);
    const socket = running.url.replace("http", "ws");
    shop = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) =>
        new Response(
          // the second page reaches no socket
          page.replace(
            "wss://gateway.example",
            request.url.endsWith("/unconnected") ? "ws://127.0.0.1:9" : socket,
          ),
          { headers: { "content-type": "text/html" } },
        ),
    });
    browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
  }, openingLimitMs);

  afterAll(async () => {
    await browser.close();
    await shop.stop(true);
    await running.stop();
  });

  async function visit(path: string, sku: string) {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await page.goto(`http://localhost:${shop.port}${path}`);
    const sessionId = await page.evaluate<string>("cartway.sessionId");
    const detail = { cartId: `c-${sku}`, items: [{ sku, quantity: 1, priceMinor: 1900 }] };
    await page.evaluate(
      `document.dispatchEvent(new CustomEvent("add-to-cart", { detail: ${JSON.stringify(detail)} }))`,
    );
    return { page, sessionId, said };
  }

  const storedOf = async (sessionId: string) =>
    (
      await running.stores.clickhouse.query<{ stored: number }>(
        "SELECT toUInt32(count()) AS stored FROM events WHERE session_id = {sessionId:String}",
        { sessionId },
      )
    )[0]?.stored;

  test("the ten lines of the client's README deliver its events and receive its message", async () => {
    const { page, sessionId, said } = await visit("/", "mug");
    const message = await page.waitForEvent("console", {
      predicate: (one) => one.text().startsWith("recovery_message "),
    });
    expect(message.text()).toContain("c-mug");
    expect(said.slice(0, 2)).toEqual(["view_page is on disk", "add_to_cart is on disk"]);
    expect(await storedOf(sessionId)).toBe(2);
    await page.close();
  }, 60_000);

  test("unanswered events still arrive after the page is left", async () => {
    const { page, sessionId } = await visit("/unconnected", "lamp");
    await page.goto("about:blank");
    await waitUntil(async () => (await storedOf(sessionId)) === 2, { what: "the events of the beacon" });
    await page.close();
  }, 60_000);
});
