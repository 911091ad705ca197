import { afterAll, beforeAll, expect, test } from "bun:test";
import { type AccessGateway, startAccessGateway } from "../../../test/support/access-gateway.ts";

const route = (id: string, policy: object) => ({
  id,
  match: { path: `/${id}` },
  service: "echo",
  policies: [{ type: "csrf", ...policy }],
});
const handshake = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
let running: AccessGateway;
beforeAll(async () => {
  running = await startAccessGateway(() => ({
    routes: [
      route("strict", {}),
      route("site", { sameSite: true, origins: ["https://shop.example"] }),
      route("token", { token: {} }),
    ],
  }));
});
afterAll(() => running.close());

const status = async (path: string, headers: Record<string, string> = {}, method = "POST") =>
  (await fetch(running.url(path), { method, headers })).status;

test("a browser's cross-site request is refused; same-origin requests and other clients pass", async () => {
  expect(await status("/strict", { "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await status("/strict", { "sec-fetch-site": "same-site" })).toBe(403);
  expect(await status("/strict", { "sec-fetch-site": "same-origin" })).toBe(200);
  expect(await status("/strict", { "sec-fetch-site": "none" })).toBe(200);
  expect(await status("/strict")).toBe(200);
  expect(await status("/strict", { "sec-fetch-site": "cross-site" }, "GET")).toBe(200);
});

test("older browsers are judged by Origin", async () => {
  expect(await status("/strict", { origin: "https://evil.example" })).toBe(403);
  expect(await status("/strict", { origin: "null" })).toBe(403);
  expect(await status("/strict", { origin: "https://127.0.0.1.evil.example" })).toBe(403);
  expect(await status("/strict", { origin: running.url("") })).toBe(200);
});

test("another port of the same host is another origin, and the default port may be omitted", async () => {
  expect(await status("/strict", { origin: "http://127.0.0.1:1" })).toBe(403);
  expect(await status("/strict", { origin: "https://127.0.0.1" })).toBe(403);
  const host = "shop.test:443";
  expect(await status("/strict", { host, origin: "https://shop.test" })).toBe(200);
  expect(await status("/strict", { host, origin: "https://SHOP.test:443" })).toBe(200);
  expect(await status("/strict", { host, origin: "http://shop.test" })).toBe(403);
  expect(await status("/strict", { host: "shop.test", origin: "https://shop.test" })).toBe(200);
  expect(await status("/strict", { host: "shop.test", origin: "https://shop.test:8443" })).toBe(403);
});

test("listed origins and, if allowed, the same site pass", async () => {
  expect(await status("/site", { origin: "https://shop.example", "sec-fetch-site": "cross-site" })).toBe(200);
  expect(await status("/site", { origin: "https://shop.example.evil" })).toBe(403);
  expect(await status("/site", { "sec-fetch-site": "same-site" })).toBe(200);
});

test("with a token, cookie and header must match and occur once", async () => {
  const name = "__Host-cartway-csrf";
  expect(await status("/token", { cookie: `a=1; ${name}=abc`, "x-csrf-token": "abc" })).toBe(200);
  expect(await status("/token", { cookie: `${name}=abc`, "x-csrf-token": "abd" })).toBe(403);
  expect(await status("/token", { cookie: `${name}=abc` })).toBe(403);
  expect(await status("/token", { cookie: "session=1", "x-csrf-token": "abc" })).toBe(403);
  expect(await status("/token", { cookie: `${name}=`, "x-csrf-token": "" })).toBe(403);
  expect(await status("/token", { cookie: `${name}=abc; ${name}=abc`, "x-csrf-token": "abc" })).toBe(403);
  expect(await status("/token")).toBe(200);
});

test("a refusal says whether the page or the token is at fault", async () => {
  const refusal = async (headers: Record<string, string>): Promise<unknown> =>
    (await fetch(running.url("/token"), { method: "POST", headers })).json();
  const saying = (message: string) => ({ error: expect.objectContaining({ code: "forbidden", message }) });
  expect(await refusal({ origin: "https://evil.example" })).toEqual(
    saying("This request comes from a page of another origin."),
  );
  expect(await refusal({ cookie: "session=1" })).toEqual(saying("The CSRF token is missing or wrong."));
});

test("a page of another origin cannot open a WebSocket with the user's cookies", async () => {
  const upgrade = (more: Record<string, string>) =>
    status("/token", { ...handshake, cookie: "session=1", ...more }, "GET");
  expect(await upgrade({ origin: "https://evil.example", "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await upgrade({ origin: "https://evil.example" })).toBe(403);
  expect(await upgrade({ origin: running.url("") })).toBe(200);
  expect(await upgrade({})).toBe(200);
});
