import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chromiumPath, openingLimitMs, waitUntil } from "@libs/testing";
import { type Browser, chromium, type Page } from "playwright-core";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

/** Set to a folder to keep pictures of what the browser showed. */
const pictures = process.env["DEMO_PICTURES"] ?? null;

describe.skipIf(chromiumPath === null)("the demo shop in a browser (install chromium to run it)", () => {
  let running: TestPlatform;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    running = await startTestPlatform();
    browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`${running.url}/demo`);
  }, openingLimitMs);

  afterAll(async () => {
    await browser.close();
    await running.stop();
  });

  async function picture(name: string): Promise<void> {
    if (pictures !== null)
      await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true, animations: "disabled" });
  }

  test("each event is shown with its acknowledgement, and the probability with its reasons", async () => {
    await page.getByRole("button", { name: "Add Stoneware mug" }).click();
    await page.getByRole("button", { name: "Add Wool throw" }).click();
    await page.locator('#events li.acked[data-type="add_to_cart"]').nth(1).waitFor();
    await page.locator("#reasons li b").first().waitFor();
    expect(await page.locator("#total").textContent()).toBe("€148.00");
    expect(await page.locator("#probability").textContent()).toMatch(/^\d+ %$/);
    await picture("shop");
  });

  test("an abandoned cart gets its recovery message on the page", async () => {
    await page.getByRole("button", { name: "Walk away" }).click();
    await page.locator("#message-note", { hasText: "template" }).waitFor();
    expect(await page.locator("#message-body").textContent()).toContain("Stoneware mug");
    expect(await page.locator("#message-body").textContent()).toContain("10% off");
    // a screen reader announces the message once and completely
    const heard = page.getByRole("status").filter({ hasText: "Stoneware mug" });
    expect(await heard.textContent()).toContain("10% off");
    await picture("message");
  });

  test("a paid cart is shown as bought, and is no longer likely to be abandoned", async () => {
    await page.getByRole("button", { name: "Check out" }).click();
    await page.getByRole("button", { name: "Pay now" }).click();
    await page.locator('#events li.acked[data-type="purchase"]').waitFor();
    await page.locator("#probability", { hasText: /^0 %$/ }).waitFor();
    expect(await page.locator("#empty").isVisible()).toBe(true);
  });

  test("after a purchase the shopper starts over with a new identity, an empty cart and a new visit", async () => {
    const before = await page.evaluate<string>("localStorage.getItem('cartway.session')");
    await page.getByRole("button", { name: "Come again" }).click();
    await page.locator('#events li.acked[data-type="view_page"]').waitFor();
    expect(await page.evaluate<string>("localStorage.getItem('cartway.session')")).not.toBe(before);
    expect(await page.locator("#total").textContent()).toBe("€0.00");
  });

  test("everything works by keyboard, with visible focus", async () => {
    await page.getByRole("button", { name: "Look at Enamel teapot" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Shift+Tab");
    const outline = await page.evaluate<string>("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await page.locator('#events li.acked[data-type="view_product"]').waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    const more = page.getByRole("button", { name: "One Enamel teapot more" });
    await more.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    expect(await page.locator("#lines output").textContent()).toBe("3");
    const less = page.getByRole("button", { name: "One Enamel teapot less" });
    await less.focus();
    for (let pressed = 0; pressed < 3; pressed += 1) await page.keyboard.press("Enter");
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("cart-title");
  });

  test("it fits a phone's screen and dark mode", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    await page.emulateMedia({ colorScheme: "dark" });
    await picture("phone-dark");
  });

  test("on a phone the cart announces itself while out of view, with a link", async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    const phone = await context.newPage();
    await phone.goto(`${running.url}/demo`);
    const bar = phone.locator("#peek");
    expect(await bar.isHidden()).toBe(true);
    await phone.getByRole("button", { name: "Add Stoneware mug" }).click();
    await bar.getByText("Cartway looks in").waitFor();
    expect(await bar.textContent()).toContain("€19.00");
    await bar.getByText("A message for you").waitFor();
    await bar.click();
    await bar.waitFor({ state: "hidden" });
    expect(await phone.evaluate("document.activeElement?.id")).toBe("message");
    await context.close();
  }, 60_000);

  test("after closing the page offline with a full cart, the cart is still there and each event has arrived once", async () => {
    const context = await browser.newContext();
    const shop = await context.newPage();
    await shop.goto(`${running.url}/demo`);
    await shop.getByRole("button", { name: "Add Stoneware mug" }).click();
    await shop.locator('#events li.acked[data-type="add_to_cart"]').waitFor();
    const sessionId = await shop.evaluate<string>("localStorage.getItem('cartway.session')");
    await context.setOffline(true);
    await shop.locator("#link-text", { hasText: "offline" }).waitFor();
    await shop.getByRole("button", { name: "Add Wool throw" }).click();
    await shop.getByRole("button", { name: "Add Reading lamp" }).click();
    await shop.locator("#link-text", { hasText: "offline, 2 events kept" }).waitFor();
    expect(await shop.locator("#events li.kept").count()).toBe(2);
    await shop.close();
    await context.setOffline(false);

    const back = await context.newPage();
    await back.goto(`${running.url}/demo`);
    await back.locator('#events li.acked[data-type="view_page"]').waitFor();
    expect(await back.locator("#total").textContent()).toBe("€224.00");
    expect(await back.evaluate<string>("localStorage.getItem('cartway.session')")).toBe(sessionId);
    const added = async () => {
      const [row] = await running.stores.clickhouse.query<{ added: number; ids: number }>(
        `SELECT toUInt32(count()) AS added, toUInt32(uniqExact(id)) AS ids FROM events
          WHERE session_id = {sessionId:String} AND type = 'add_to_cart'`,
        { sessionId },
      );
      return row;
    };
    // What was kept travels beside the new page's first event, not before it.
    await waitUntil(async () => (await added())?.added === 3, { what: "the kept events" });
    expect(await added()).toEqual({ added: 3, ids: 3 });
    await context.close();
  });

  test("an open page survives an interruption of its visit", async () => {
    const context = await browser.newContext();
    const shop = await context.newPage();
    await shop.goto(`${running.url}/demo`);
    await shop.locator("#link-text", { hasText: "connected" }).waitFor();
    await context.setOffline(true);
    await shop.locator("#link-text", { hasText: "offline" }).waitFor();
    await shop.getByRole("button", { name: "Add Hand grinder" }).click();
    await shop.locator("#events li.kept").waitFor();
    await context.setOffline(false);
    await shop
      .locator('#events li.acked[data-type="add_to_cart"]', { hasText: "after a while offline" })
      .waitFor();
    expect(await shop.locator("#link-text").textContent()).toBe("connected");
    await context.close();
  });

  test("the page requests nothing forbidden and reports no errors", () => {
    expect(problems).toEqual([]);
  });
});
