import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chromiumPath } from "@libs/testing";
import { type Browser, chromium, type Page } from "playwright-core";
import { appPage } from "./app-page.ts";
import { type SignInGateway, startSignInGateway } from "./sign-in-gateway.ts";

/** People at a real browser, a certified OpenID provider, an app of another origin, one of the gateway's own, and a page of a thief. */
describe.skipIf(chromiumPath === null)("signing in with a real browser (install chromium to run it)", () => {
  let gateway: SignInGateway;
  let browser: Browser;
  let app: Bun.Server<undefined>;
  let thief: Bun.Server<undefined>;
  let appUrl = "";
  let ownUrl = "";

  beforeAll(async () => {
    const page = (body: () => string) =>
      Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch: () => new Response(body(), { headers: { "content-type": "text/html" } }),
      });
    app = page(() => appPage({ gateway: gateway.running.url(""), cookies: false }));
    thief = page(() => "<!doctype html><title>Win a prize</title>");
    appUrl = `http://127.0.0.1:${app.port}/`;
    gateway = await startSignInGateway((publicUrl) => {
      ownUrl = `${publicUrl}/shop`;
      return {
        redirectUris: [appUrl, ownUrl],
        identity: { cookies: { type: "local", cookie: true } },
        routes: [
          {
            id: "shop",
            match: { path: "/shop" },
            policies: [
              {
                type: "respond",
                contentType: "text/html",
                body: appPage({ gateway: publicUrl, cookies: true }),
              },
            ],
          },
          {
            id: "carts",
            match: { path: "/carts" },
            service: "echo",
            policies: [
              { type: "cors", origins: [new URL(appUrl).origin] },
              { type: "authenticate", with: ["cookies"] },
            ],
          },
        ],
      };
    });
    gateway.peer.asksFirst = true;
    browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
  }, 60_000);
  beforeEach(() => {
    gateway.running.echo.seen.length = 0;
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
    await Promise.all([app.stop(true), thief.stop(true)]);
  });

  /** A person's browser of their own. */
  const openBrowser = async () => (await browser.newContext()).newPage();
  const goOn = (page: Page) => page.getByRole("button", { name: "Go on" }).click();

  async function signIn(page: Page, url: string): Promise<void> {
    await page.goto(url);
    await page.getByRole("button", { name: "Sign in" }).click();
    await goOn(page);
    await page.locator("output", { hasText: "signed in as ana@shop.test" }).waitFor();
  }

  test("an app of another origin gets tokens by its verifier only, and no address contains one", async () => {
    const page = await openBrowser();
    const visited: string[] = [];
    page.on("framenavigated", (frame) => visited.push(frame.url()));
    page.on("request", (request) => visited.push(request.url()));
    await signIn(page, appUrl);
    expect(page.url()).toBe(appUrl);
    const status = await page.evaluate(
      `fetch(${JSON.stringify(gateway.running.url("/carts"))}, { headers: { authorization: "Bearer " + grant.accessToken } }).then((answer) => answer.status)`,
    );
    expect(status).toBe(200);
    const tokens = await page.evaluate("[grant.accessToken, grant.refreshToken]");
    for (const token of Array.isArray(tokens) ? tokens : []) expect(visited.join()).not.toContain(token);
    expect(visited.some((url) => url.startsWith(`${gateway.callbacks}peer/callback?`))).toBe(true);
    await page.context().close();
  });

  test("an app of the gateway's origin gets HttpOnly cookies, and refreshes and logs out with them", async () => {
    const page = await openBrowser();
    await signIn(page, ownUrl);
    expect(await page.evaluate("[document.cookie, Object.keys(grant)]")).toEqual(["", ["user", "expiresIn"]]);
    const cookies = (await page.context().cookies()).filter(({ name }) => name.startsWith("__Host-"));
    expect(cookies).toHaveLength(2);
    expect(cookies.map(({ httpOnly, secure, sameSite }) => ({ httpOnly, secure, sameSite }))).toEqual(
      cookies.map(() => ({ httpOnly: true, secure: true, sameSite: "Strict" })),
    );
    const ask = (path: string, method: string, body = "undefined") =>
      page.evaluate(
        `fetch("${path}", { method: "${method}", headers: { "content-type": "application/json" }, body: ${body} }).then((answer) => answer.status)`,
      );
    expect(await ask("/carts", "GET")).toBe(200);
    expect(await ask("/carts", "POST", `"{}"`)).toBe(200);
    expect(await ask("/auth/refresh", "POST", `"{}"`)).toBe(200);
    expect(await ask("/auth/me", "GET")).toBe(200);
    expect(await ask("/auth/logout", "POST")).toBe(204);
    expect(await ask("/carts", "GET")).toBe(401);
    expect(await ask("/auth/refresh", "POST", `"{}"`)).toBe(401);
    const seen = JSON.stringify(gateway.running.echo.seen);
    expect(seen).not.toContain("__Host-");
    await page.context().close();
  });

  test("an attacker's page cannot use its visitor's cookies: not by form, script or socket", async () => {
    const page = await openBrowser();
    await signIn(page, ownUrl);
    await page.goto(`http://127.0.0.1:${thief.port}/`);
    const target = gateway.running.url("/carts");
    await page.evaluate(
      `fetch("${target}", { method: "POST", mode: "no-cors", credentials: "include", body: "{}" })`,
    );
    const read = await page.evaluate(
      `fetch("${target}", { credentials: "include" }).then(() => "read", (error) => error.name)`,
    );
    expect(read).toBe("TypeError");
    const socket = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket("${target.replace("http:", "ws:")}");
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    })`);
    expect(socket).toBe("refused");
    await page.setContent(`<form method="post" action="${target}"><button>Win</button></form>`);
    await page.getByRole("button", { name: "Win" }).click();
    await page.waitForURL(target);
    expect(await page.locator("body").textContent()).toContain('"forbidden"');
    // a reading request may come from a sibling page, which cannot read the answer: it changed nothing
    expect(gateway.running.echo.seen.filter(({ method }) => method !== "GET")).toEqual([]);
    expect(gateway.running.log.text()).toContain('"reason":"foreign_page"');
    await page.context().close();
  });

  /** Continues from the provider's page as its button does, up to a location that begins with this, without requesting it. */
  async function goOnUpTo(page: Page, place: string): Promise<string> {
    let answer = await page.request.post(page.url(), { maxRedirects: 0 });
    for (let hop = 0; hop < 10; hop += 1) {
      const { location = "" } = answer.headers();
      const next = new URL(location, answer.url()).href;
      if (next.startsWith(place)) return next;
      answer = await page.request.get(next, { maxRedirects: 0 });
    }
    throw new Error(`the redirects never came to ${place}`);
  }

  async function startAt(page: Page, url: string): Promise<void> {
    await page.goto(url);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Go on" }).waitFor();
  }

  test("a stolen callback is refused in the attacker's browser, and still valid in its owner's", async () => {
    const [victim, other] = [await openBrowser(), await openBrowser()];
    await startAt(victim, ownUrl);
    const stolen = await goOnUpTo(victim, `${gateway.callbacks}peer/callback?`);
    await startAt(other, ownUrl);
    expect((await other.goto(stolen))?.status()).toBe(400);
    await victim.goto(stolen);
    await victim.locator("output", { hasText: "signed in as ana@shop.test" }).waitFor();
    await Promise.all([victim.context().close(), other.context().close()]);
  });

  test("an unsolicited callback signs nobody in (login CSRF)", async () => {
    const [attacker, victim] = [await openBrowser(), await openBrowser()];
    await startAt(attacker, ownUrl);
    const answer = await goOnUpTo(attacker, `${ownUrl}?`);
    expect(answer).toContain("code=");
    await startAt(victim, ownUrl);
    await victim.goto(answer);
    await victim.locator("output", { hasText: "not mine" }).waitFor();
    const cookies = await victim.context().cookies();
    expect(cookies.filter(({ name }) => name.startsWith("__Host-"))).toEqual([]);
    await Promise.all([victim.context().close(), attacker.context().close()]);
  });

  test("an address that is not allowed is not redirected to; the user stays at the gateway with the reason", async () => {
    const page = await openBrowser();
    const evil = `http://127.0.0.1:${thief.port}/`;
    const answer = await page.goto(gateway.startUrl("peer", { redirect_uri: evil }));
    expect([answer?.status(), new URL(page.url()).origin]).toEqual([400, gateway.running.url("")]);
    expect(await page.locator("body").textContent()).toContain("redirect_uri");
    await page.context().close();
  });
});
