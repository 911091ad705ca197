import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { askLive } from "./ask-live.ts";
import { readArguments } from "./read-arguments.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory[Symbol.asyncDispose]());
const file = join(directory.path, "gateway.yaml");
await Bun.write(
  file,
  "version: 1\nroutes:\n  - { id: hello, match: { path: /hello }, policies: [{ type: respond }] }\n",
);

async function run(...args: readonly string[]) {
  const child = Bun.spawn(["bun", join(import.meta.dir, "explain.ts"), ...args], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { out, err, code };
}

test("the command explains where a request goes, as text and as JSON", async () => {
  const shown = await run("get", "/hello", "--config", file);
  expect(shown).toMatchObject({ code: 0, err: "" });
  expect(shown.out).toContain("ends       answered by respond with 200");
  const { out } = await run("GET", "/hello", "--config", file, "--json");
  expect(JSON.parse(out)).toMatchObject({ route: { id: "hello" }, ending: { by: "respond" } });
}, 20_000);

test("invalid questions exit with a status of their own and a reason", async () => {
  const cases: readonly (readonly [args: readonly string[], problem: string])[] = [
    [["GET"], "METHOD and URL are asked for"],
    [["GET", "/x", "/y"], "/y is one too many beside METHOD and URL"],
    [["GET", "/x", "-H", "nothing"], 'nothing is no "name: value"'],
    [
      ["GET", "localhost:8000/x"],
      "localhost:8000/x is not a URL (expected http://HOST/PATH, https://HOST/PATH or /PATH; did you mean http://localhost:8000/x?)",
    ],
    [
      ["GET", "ws://a.test/x"],
      "ws://a.test/x is not a URL (expected http://HOST/PATH, https://HOST/PATH or /PATH; did you mean http://a.test/x?)",
    ],
    [["GET", "/x", "--nonsense"], "Unknown option '--nonsense'"],
  ];
  for (const [args, problem] of cases) {
    const { code, err } = await run(...args);
    expect([code, err.split("\n\n")[0]]).toEqual([2, problem]);
    expect(err).toContain("usage: bun run explain");
  }
  expect(await run("GET", "/x", "--config", "/nowhere.yaml")).toMatchObject({
    code: 1,
    err: expect.stringContaining("there is no such file"),
  });
  const away = await run("GET", "/x", "--live", "http://127.0.0.1:1", "--token-file", file);
  expect(away).toMatchObject({
    code: 3,
    out: "",
    err: expect.stringContaining("no gateway answers at http://127.0.0.1:1"),
  });
}, 20_000);

test("arguments are parsed correctly", () => {
  const line =
    "post http://a.test/x -H A:b -H c:d:e --as ana:admin,viewer --tenant t --scope s --ip ::1 --env prod";
  expect(readArguments(line.split(" "))).toEqual({
    asked: {
      method: "POST",
      url: "http://a.test/x",
      headers: [
        ["a", "b"],
        ["c", "d:e"],
      ],
      peerIp: "::1",
      caller: { subject: "ana", roles: ["admin", "viewer"], scopes: ["s"], tenantId: "t" },
    },
    source: { file: "gateway.yaml", environment: "prod" },
    isJson: false,
    live: null,
  });
  expect(readArguments(["GET", "/x", "--as", "ana", "--live", "http://b/"])).toMatchObject({
    asked: { caller: { subject: "ana", roles: [], scopes: [], tenantId: null } },
    live: { url: "http://b", tokenFile: "data/admin-token" },
  });
});

test("a running gateway is queried with the token, and its errors are reported", async () => {
  const seen: unknown[] = [];
  await using server = Bun.serve({
    port: 0,
    async fetch(request) {
      seen.push([request.headers.get("authorization"), await request.json()]);
      return seen.length === 1 ? Response.json({ route: null }) : new Response("no", { status: 403 });
    },
  });
  const tokenFile = join(directory.path, "token");
  await Bun.write(tokenFile, "secret\n");
  const asked = { method: "GET", url: "/x", headers: [], peerIp: "127.0.0.1", caller: null };
  const live = { url: `http://127.0.0.1:${server.port}`, tokenFile };
  expect(await askLive(live, asked)).toEqual({ route: null } as never);
  expect(seen).toEqual([["Bearer secret", asked]]);
  expect(askLive(live, asked)).rejects.toThrow("answered 403: no");
});
