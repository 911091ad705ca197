import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

const executablePath = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");

/** Set to a folder to keep pictures of what the browser showed. */
const pictures = process.env["DEMO_PICTURES"] ?? null;

describe.skipIf(executablePath === null)("the demo shop in a browser (install chromium to run it)", () => {
  let running: TestPlatform;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    running = await startTestPlatform();
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`${running.url}/demo`);
  });

  afterAll(async () => {
    await browser.close();
    await running.stop();
  });

  async function picture(name: string): Promise<void> {
    if (pictures !== null) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  }

  test("each event is shown with its acknowledgement, and the probability with its reasons", async () => {
    await page.getByRole("button", { name: "Add Stoneware mug" }).click();
    await page.getByRole("button", { name: "Add Wool throw" }).click();
    await page.locator("#events li.acked", { hasText: "add_to_cart" }).nth(1).waitFor();
    await page.locator("#reasons li b").first().waitFor();
    expect(await page.locator("#total").textContent()).toBe("€148.00");
    expect(await page.locator("#probability").textContent()).toMatch(/^\d+ %$/);
    await picture("shop");
  });

  test("a cart that is left gets its message, written into the page", async () => {
    await page.getByRole("button", { name: "Walk away" }).click();
    await page.locator("#message-note", { hasText: "template" }).waitFor();
    expect(await page.locator("#message-body").textContent()).toContain("Stoneware mug");
    expect(await page.locator("#message-body").textContent()).toContain("10% off");
    await picture("message");
  });

  test("a cart that is paid for is bought, and is not likely to be left any more", async () => {
    await page.getByRole("button", { name: "Check out" }).click();
    await page.getByRole("button", { name: "Pay now" }).click();
    await page.locator("#events li.acked", { hasText: "purchase" }).waitFor();
    await page.locator("#probability", { hasText: /^0 %$/ }).waitFor();
    expect(await page.locator("#empty").isVisible()).toBe(true);
  });

  test("it fits a phone and a dark room", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    await page.emulateMedia({ colorScheme: "dark" });
    await picture("phone-dark");
  });

  test("the page asks for nothing it may not have and reports no error", () => {
    expect(problems).toEqual([]);
  });
});
