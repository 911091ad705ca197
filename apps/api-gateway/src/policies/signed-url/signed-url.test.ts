import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { type AccessGateway, startAccessGateway } from "../../../test/support/access-gateway.ts";
import { signUrl } from "./sign-url.ts";

const env = { URL_NEW: "n".repeat(32), URL_OLD: "o".repeat(32), URL_SHORT: "short" };
const keys = [
  { id: "new", secret: { env: "URL_NEW" } },
  { id: "old", secret: { env: "URL_OLD" } },
];
const route = (id: string, policy: object) => ({
  id,
  match: { path: `/${id}/*` },
  service: "echo",
  policies: [{ type: "signed-url", keys, ...policy }],
});
const config = { routes: [route("media", {}), route("loose", { query: ["w"] })] };
let running: AccessGateway;
beforeAll(async () => {
  running = await startAccessGateway(() => config, { env });
});
beforeEach(() => {
  running.echo.seen.length = 0;
});
afterAll(() => running.close());

const sign = (path: string, changes: Partial<Parameters<typeof signUrl>[0]> = {}) =>
  signUrl({
    url: running.url(path),
    keyId: "new",
    secret: Buffer.from(env.URL_NEW),
    expiresAt: running.clock.now() + 60_000,
    ...changes,
  });
const status = async (url: string, method = "GET") => (await fetch(url, { method })).status;

test("a signed URL is accepted, its parameters are not forwarded, and the service gets the watermark", async () => {
  expect(await status(sign("/media/a%20b.mp4?w=1&q=%2F", { watermark: "user-7/€" }))).toBe(200);
  expect(running.echo.seen[0]?.path).toBe("/media/a%20b.mp4?w=1&q=%2F");
  expect(running.echo.seen[0]?.headers["x-watermark-id"]).toBe(encodeURIComponent("user-7/€"));
  expect(await status(sign("/media/a"), "HEAD")).toBe(200);
  expect(await status(sign("/media/a", { keyId: "old", secret: Buffer.from(env.URL_OLD) }))).toBe(200);
});

test("no signed component can be changed", async () => {
  const url = sign("/media/a?w=1", { watermark: "u7" });
  const signature = new URL(url).searchParams.get("signature") ?? "";
  const changed = [
    url.replace("/media/a", "/media/b"),
    url.replace("w=1", "w=2"),
    `${url}&x=1`,
    url.replace(/expires=\d+/, (text) => `expires=${Number(text.slice(8)) + 1}`),
    url.replace("key=new", "key=old"),
    url.replace("key=new", "key=__proto__"),
    url.replace("watermark=u7", "watermark=u8"),
    url.replace("watermark=u7&", ""),
    url.replace(/signature=.*/, ""),
    url.replace(/&signature=.*/, "&signature="),
    `${url}&signature=${signature}`,
    `${url}&expires=9999999999`,
    url.replace("signature=", "s%69gnature="),
    url.replace(signature, `${signature}=`),
    url.replace("127.0.0.1", "localhost"),
  ];
  for (const tampered of changed) {
    const outcome = await status(tampered.replace("localhost", "127.0.0.1"), "GET");
    if (tampered.includes("localhost")) {
      const other = await fetch(tampered.replace("localhost", "127.0.0.1"), {
        headers: { host: "localhost" },
      });
      expect(other.status).toBe(403);
    } else {
      expect([tampered, outcome]).toEqual([tampered, 403]);
    }
  }
  expect(await status(url, "POST")).toBe(403);
  expect(running.echo.seen.filter((seen) => !seen.path.startsWith("/media/a?w=1"))).toEqual([]);
});

test("a signature has one valid encoding, whatever else decodes to the same bytes", async () => {
  const url = sign("/media/a");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const sound = new URL(url).searchParams.get("signature") ?? "";
  const bytesOf = (text: string): string => Buffer.from(text, "base64url").toString("hex");
  const twins = Array.from(alphabet, (last) => sound.slice(0, -1) + last).filter(
    (twin) => twin !== sound && bytesOf(twin) === bytesOf(sound),
  );
  expect(twins).toHaveLength(3);
  for (const twin of twins) expect(await status(url.replace(sound, twin))).toBe(403);
  expect(await status(url)).toBe(200);
});

test.each(["/media/%7Ea%2Db", "/media/%c3%a9", "/media/é|'()", "/media//a/./b", "/media/a%2fb"])(
  "a path is signed in its normalised form: %s",
  async (path) => expect(await status(sign(path))).toBe(200),
);

test("the order of a parameter's values is signed, the order of parameters is not", async () => {
  const url = sign("/media/a?b=1&b=2&a=3");
  expect(await status(url.replace("b=1&b=2&a=3", "a=3&b=1&b=2"))).toBe(200);
  expect(await status(url.replace("b=1&b=2", "b=2&b=1"))).toBe(403);
});

test("a URL expires, at the latest after the policy's maximum", async () => {
  expect(await status(sign("/media/a", { expiresAt: running.clock.now() - 1 }))).toBe(403);
  expect(await status(sign("/media/a", { expiresAt: running.clock.now() + 8 * 86_400_000 }))).toBe(403);
  const answer = await fetch(sign("/media/a", { expiresAt: running.clock.now() - 1000 }));
  expect(JSON.parse(await answer.text()).error.message).toBe("This link has expired.");
});

test("unsigned parameters may change if only some are signed", async () => {
  const url = sign("/loose/a?w=1&utm=x", { query: ["w"] });
  expect(await status(url.replace("utm=x", "utm=y"))).toBe(200);
  expect(await status(url.replace("w=1", "w=2"))).toBe(403);
  expect(await status(url.replace("w=1", "w=1&w=2"))).toBe(403);
});

test("a short secret and a URL that is signed already are refused", () => {
  const short = { routes: [route("short", { keys: [{ id: "k", secret: { env: "URL_SHORT" } }] })] };
  expect(startAccessGateway(() => short, { env })).rejects.toThrow("fewer than 32 bytes");
  expect(() => sign("/media/a?key=1")).toThrow("has a parameter key already");
});

test("the command prints a valid URL, or an error if no gateway would accept it", async () => {
  await using directory = await createTemporaryDirectory();
  await Bun.write(directory.file("secret"), `${env.URL_NEW}\n`);
  await Bun.write(directory.file("spaced"), ` ${env.URL_NEW}\n`);
  const command = join(import.meta.dir, "cli/sign-url.ts");
  const run = async (...options: string[]) => {
    const child = Bun.spawn([process.execPath, command, ...options], {
      env: { URL_NEW: env.URL_NEW, SHORT: "short" },
      stdout: "pipe",
      stderr: "pipe",
    });
    return { code: await child.exited, out: (await child.stdout.text()).trim() };
  };
  const common = ["--url", running.url("/media/a?w=1"), "--key", "new"];
  const byFile = await run(...common, "--secret-file", directory.file("secret"), "--watermark", "u7");
  expect(await status(byFile.out)).toBe(200);
  const byVariable = await run(...common, "--secret-env", "URL_NEW", "--expires-in", "60", "--query", "w");
  expect(await status(byVariable.out)).toBe(200);
  const kept = await run(...common, "--secret-file", directory.file("spaced"), "--expires-in", "60");
  expect(await status(kept.out)).toBe(403);
  expect((await run(...common)).code).toBe(2);
  expect((await run(...common, "--secret-file", directory.file("none"))).code).toBe(2);
  expect(await run(...common, "--secret-env", "SHORT")).toEqual({ code: 2, out: "" });
  const relative = await run("--url", "/media/a", "--key", "new", "--secret-env", "URL_NEW");
  expect(relative).toEqual({ code: 2, out: "" });
});
