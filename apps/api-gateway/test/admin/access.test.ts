import { afterAll, describe, expect, test } from "bun:test";
import { chmod, stat } from "node:fs/promises";
import { createTemporaryDirectory, sendRaw } from "@libs/testing";
import { openAdminToken } from "../../src/admin/access/admin-token.ts";
import { createHostCheck } from "../../src/admin/access/admin-host.ts";
import { startAdminGateway } from "./start-admin.ts";

const admin = await startAdminGateway({ routes: [] });
const directory = await createTemporaryDirectory();
afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  await directory.remove();
});
const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(admin.adminUrl + path, { method, headers });
const withToken = { authorization: `Bearer ${admin.token}` };

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

/** Every path of the interface that is not for anybody. */
async function closedPaths(): Promise<[method: string, path: string][]> {
  const { paths }: OpenApi = (await (await ask("/swagger/json")).json()) as never;
  return Object.entries(paths)
    .filter(([path]) => path !== "/healthz" && path !== "/readyz")
    .flatMap(([path, verbs]) =>
      Object.keys(verbs).map((verb): [string, string] => [verb.toUpperCase(), path]),
    );
}

describe("a caller who is not an administrator", () => {
  test("gets nothing from any described verb", async () => {
    const paths = await closedPaths();
    expect(paths.length).toBeGreaterThan(30);
    for (const [method, path] of paths) {
      const url = path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
      expect([method, path, (await ask(url, {}, method)).status]).toEqual([method, path, 401]);
    }
  });

  test.each([
    ["no token", {}, 401],
    ["another token", { authorization: `Bearer cwa_${"a".repeat(43)}` }, 401],
    ["a part of the token", { authorization: `Bearer ${admin.token.slice(0, -1)}` }, 401],
    ["another scheme", { authorization: `Basic ${admin.token}` }, 401],
    ["the token and more", { authorization: `Bearer ${admin.token} x` }, 401],
  ])(
    "is refused with %s, reported as a security event without the credential",
    async (_what, headers, status) => {
      const answer = await ask("/config", headers);
      expect([answer.status, answer.headers.has("www-authenticate")]).toEqual([status, true]);
      expect(admin.log.text()).toContain('"security":"admin_refused"');
      expect(admin.log.text()).not.toContain(admin.token.slice(4, 20));
    },
  );

  test.each([
    ["no token", {}, "Authentication is required: the admin token, as a bearer token."],
    [
      "another token",
      { authorization: "Bearer another" },
      "The token is not valid. Accepted here: the admin token.",
    ],
  ])("learns which tokens are accepted, with %s", async (_what, headers, message) => {
    expect(await (await ask("/config", headers)).json()).toMatchObject({ error: { message } });
  });

  test("does not learn which paths exist", async () => {
    expect((await ask("/nothing")).status).toBe(401);
    expect((await ask("/nothing", withToken)).status).toBe(404);
  });
});

describe("an administrator's browser", () => {
  test("cannot be used by a page of another host name (DNS rebinding), with token or without", async () => {
    for (const host of ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1"]) {
      const answer = await ask("/config", { ...withToken, host });
      expect([host, answer.status]).toEqual([host, 400]);
      expect(await answer.text()).toContain("invalid_host");
    }
    for (const path of ["/swagger", "/healthz"])
      expect((await ask(path, { host: "evil.example" })).status).toBe(400);
  });

  test("cannot be used by a page of another origin, which gets no CORS headers", async () => {
    for (const origin of ["https://evil.example", "http://127.0.0.1:1", "null"]) {
      const answer = await ask("/config", { ...withToken, origin });
      expect([origin, answer.status]).toEqual([origin, 403]);
      expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    }
    const own = await ask("/config", { ...withToken, origin: admin.adminUrl });
    expect([own.status, own.headers.has("access-control-allow-origin")]).toEqual([200, false]);
    expect((await ask("/config", { origin: "https://evil.example" }, "OPTIONS")).status).toBe(403);
  });

  test("caches no response, and shows the page that describes the API", async () => {
    expect((await ask("/config", withToken)).headers.get("cache-control")).toBe("no-store");
    expect((await ask("/swagger")).headers.get("content-type")).toContain("text/html");
    expect(await (await ask("/swagger/json")).json()).toMatchObject({
      security: [{ bearer: [] }],
      components: { securitySchemes: { bearer: { scheme: "bearer" } } },
    });
  });
});

test("the data plane's port serves none of it", async () => {
  expect((await fetch(`${admin.url}/config`, { headers: withToken })).status).toBe(404);
  expect((await fetch(`${admin.url}/decisions`, { headers: withToken })).status).toBe(404);
});

test("an invalid Host is refused first", async () => {
  const { port } = new URL(admin.adminUrl);
  const answer = await sendRaw(
    Number(port),
    "GET /config HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n",
  );
  expect(answer.status).toBe(400);
  const noPort = await sendRaw(
    Number(port),
    "GET /config HTTP/1.1\r\nhost: localhost:99999\r\nconnection: close\r\n\r\n",
  );
  expect(noPort.status).toBe(400);
});

describe("the token file", () => {
  test("is created once, readable by its owner only, and kept across restarts", async () => {
    const file = directory.file("made/admin-token");
    const token = await openAdminToken(file);
    expect(token).toMatch(/^cwa_[A-Za-z0-9_-]{43}$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await openAdminToken(file)).toBe(token);
  });

  test("that is readable by others, or not a token file, is refused", async () => {
    const file = directory.file("shared");
    await openAdminToken(file);
    await chmod(file, 0o640);
    expect(openAdminToken(file)).rejects.toThrow("can be read by others");
    const other = directory.file("other");
    await Bun.write(other, "password\n");
    await chmod(other, 0o600);
    expect(openAdminToken(other)).rejects.toThrow("not an admin token");
    expect(openAdminToken("/proc/none/admin-token")).rejects.toThrow();
  });
});

describe("an admin port with unsafe access", () => {
  test("beyond loopback, without administrators in a database, does not start", async () => {
    expect(startAdminGateway({ routes: [] }, {}, { hostname: "0.0.0.0" })).rejects.toThrow(
      "set DATABASE_URL",
    );
    expect(startAdminGateway({ routes: [] }, {}, { tokenFile: null })).rejects.toThrow("nobody could use it");
  });

  test("through its token file does not start, and leaves no port open", async () => {
    const tokenFile = directory.file("unsafe");
    await openAdminToken(tokenFile);
    await chmod(tokenFile, 0o644);
    expect(startAdminGateway({ routes: [] }, {}, { tokenFile })).rejects.toThrow("can be read by others");
  });

  test("answers under its configured host names", () => {
    const check = createHostCheck("::", ["admin.shop.internal"]);
    const asked = ["admin.shop.internal", "ADMIN.shop.internal:3900", "localhost", "[::1]:3900", "[::]:1"];
    expect(asked.map(check)).toEqual([true, true, true, true, true]);
    expect(["shop.internal", "xadmin.shop.internal", ""].map(check)).toEqual([false, false, false]);
  });
});
