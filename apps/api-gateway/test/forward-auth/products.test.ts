import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serviceAt, startGateway } from "../support/start-gateway.ts";
import { startUpstream } from "../support/upstreams/start-upstream.ts";

const node = Bun.which("node");
const title = `an auth service on Node that answers as its product does (needs ${node === null ? "node" : "nothing more"})`;

async function start() {
  const service = Bun.spawn(["node", join(import.meta.dir, "auth-service.mjs")], { stderr: "inherit" });
  const reader = service.stdout.getReader();
  const port = new TextDecoder().decode((await reader.read()).value).trim();
  const app = startUpstream((_request, { headers }) => Response.json(Object.fromEntries(headers)));
  const gateway = await startGateway({
    services: { auth: serviceAt(`http://127.0.0.1:${port}`), app: serviceAt(app.url) },
    identity,
    routes: [
      ...Object.keys(identity).map((name) => ({
        id: name,
        match: { path: `/${name}/*` },
        service: "app",
        path: { stripPrefix: `/${name}` },
        policies: [{ type: "authenticate", with: [name] }],
      })),
      {
        id: "admin",
        match: { path: "/admin/*" },
        service: "app",
        policies: [
          { type: "authenticate", with: ["authelia"] },
          { type: "authorize", roles: ["admins"] },
        ],
      },
      { id: "public", match: { path: "/public" }, service: "app" },
    ],
  });
  return {
    app,
    gateway,
    async stop() {
      await gateway[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
      service.kill();
      await service.exited;
    },
  };
}

const identity = {
  authelia: {
    type: "forward",
    service: "auth",
    path: "/api/authz/forward-auth",
    headers: { subject: "remote-user", roles: "remote-groups" },
    forwardHeaders: ["remote-name", "remote-email", "x-seen-url"],
  },
  "authelia-nginx": {
    type: "forward",
    service: "auth",
    path: "/api/authz/auth-request",
    headers: { subject: "remote-user" },
    forwardHeaders: ["x-seen-url"],
  },
  "oauth2-proxy": {
    type: "forward",
    service: "auth",
    path: "/oauth2/auth",
    headers: { subject: "x-auth-request-user", roles: "x-auth-request-groups" },
    forwardHeaders: ["x-auth-request-email", "x-auth-request-access-token"],
    signIn: { url: "/oauth2/start" },
  },
  oathkeeper: {
    type: "forward",
    service: "auth",
    path: "/decisions",
    asOriginal: true,
    headers: { subject: "x-user" },
    forwardHeaders: ["authorization", "x-seen"],
  },
};

const running = node === null ? null : await start();
afterAll(() => running?.stop());

const page = { accept: "text/html,application/xhtml+xml", cookie: "theme=dark" };
const as = (session: string) => ({ ...page, cookie: `session=${session}` });

describe.skipIf(running === null)(title, () => {
  const { url = "", port = 0 } = running?.gateway ?? {};
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    fetch(url + path, { headers, method, redirect: "manual" });
  const told = async (response: Response): Promise<Record<string, string>> => {
    expect(response.status).toBe(200);
    const headers: unknown = await response.json();
    return Object.fromEntries(Object.entries(headers ?? {}));
  };

  test("Authelia admits: services get the user and its headers, and Authelia the client's URL", async () => {
    const headers = await told(await get("/authelia/cart?x=1&y=%2F", as("ada")));
    expect(headers).toMatchObject({
      "x-user-id": "ada",
      "x-user-roles": "admins,dev",
      "x-auth-method": "forward",
      "remote-email": "ada@shop.test",
      "x-seen-url": `http://127.0.0.1:${port}/authelia/cart?x=1&y=%2F`,
    });
    expect(Buffer.from(headers["remote-name"] ?? "", "latin1").toString()).toBe("ada Łovelace");
  });

  test("Authelia redirects a browser to its portal with its cookie, and answers scripts with 401", async () => {
    const response = await get("/authelia/cart", page);
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe(
      `https://auth.shop.test/?rd=${encodeURIComponent(`http://127.0.0.1:${port}/authelia/cart`)}&rm=GET`,
    );
    expect(response.headers.getSetCookie()).toEqual([
      "authelia_session=fresh; HttpOnly; Secure; SameSite=Lax",
    ]);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain(">302</a>");
    expect((await get("/authelia/cart", page, "POST")).status).toBe(303);
    expect((await get("/authelia/cart", { accept: "application/json" })).status).toBe(401);
    expect((await get("/authelia/cart", { ...page, "x-requested-with": "XMLHttpRequest" })).status).toBe(401);
  });

  test("Authelia's rules and the route's own both apply: it refuses a path, the route a role", async () => {
    expect((await get("/admin/x", as("bob"))).status).toBe(403);
    await told(await get("/admin/x", as("ada")));
  });

  test("Authelia's nginx endpoint gets URL and method in X-Original-*", async () => {
    expect(await told(await get("/authelia-nginx/a?b", as("bob")))).toMatchObject({
      "x-user-id": "bob",
      "x-seen-url": `http://127.0.0.1:${port}/authelia-nginx/a?b`,
    });
    const refused = await get("/authelia-nginx/a");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe('Basic realm="Authorization Required"');
  });

  test("oauth2-proxy admits with 202: the token for the service, both parts of the cookie for the browser", async () => {
    const response = await get("/oauth2-proxy/a", as("ada"));
    expect(response.headers.getSetCookie()).toEqual([
      "_oauth2_proxy_0=a; Path=/; HttpOnly",
      "_oauth2_proxy_1=b; Path=/; HttpOnly",
    ]);
    expect(await told(response)).toMatchObject({
      "x-user-id": "ada",
      "x-user-roles": "admins,dev",
      "x-auth-request-email": "ada@shop.test",
      "x-auth-request-access-token": "token-of-ada",
    });
  });

  test("oauth2-proxy's 401 becomes a redirect to sign-in for browsers, and stays 401 for others", async () => {
    const response = await get("/oauth2-proxy/a?b=c&d", page);
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/oauth2/start?rd=%2Foauth2-proxy%2Fa%3Fb%3Dc%26d");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const others = [
      get("/oauth2-proxy/a", page, "POST"),
      get("/oauth2-proxy/a", { accept: "application/json" }),
      get("/oauth2-proxy/a", { ...page, "x-requested-with": "XMLHttpRequest" }),
    ];
    for (const other of await Promise.all(others)) {
      expect(other.status).toBe(401);
      expect(await other.text()).toBe("Unauthorized\n");
    }
  });

  test("Oathkeeper decides by the request's method, host and path, and its token replaces the client's", async () => {
    const given = { ...as("ada"), authorization: "Bearer of-the-client" };
    expect(await told(await get("/oathkeeper/a/b?c=d", given, "DELETE"))).toMatchObject({
      "x-user-id": "ada",
      "x-seen": `DELETE 127.0.0.1:${port} /oathkeeper/a/b?c=d`,
      authorization: "Bearer id-token-of-ada",
    });
    expect((await get("/oathkeeper/a", as("bob"), "DELETE")).status).toBe(403);
    const unknown = await get("/oathkeeper/a");
    expect(unknown.status).toBe(401);
    expect(await unknown.json()).toEqual({ error: { code: 401 } });
  });

  test("a client's copies of these services' headers are removed, also on routes without them", async () => {
    const forged = {
      "remote-user": "root",
      remote_email: "root@shop.test",
      "x-auth-request-access-token": "forged",
      "x-seen": "forged",
      "x-user": "root",
      "x-user-id": "root",
    };
    const kept = JSON.stringify(
      await told(await get("/public", { ...forged, authorization: "Bearer kept" })),
    );
    expect(kept).not.toMatch(/root|forged/);
    expect(kept).toContain("Bearer kept");
    const known = await told(await get("/oauth2-proxy/a", { ...as("bob"), ...forged }));
    expect(JSON.stringify(known)).not.toMatch(/root|forged/);
    expect(known).toMatchObject({ "x-user-id": "bob", "x-auth-request-email": "bob@shop.test" });
  });
});
