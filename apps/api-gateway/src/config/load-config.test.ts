import { afterAll, describe, expect, test } from "bun:test";
import { createTemporaryDirectory } from "@libs/testing";
import { ConfigError } from "./config-error.ts";
import { loadConfig } from "./load-config.ts";
import { overlay } from "./document/overlay.ts";
import { resolveSecret } from "./secrets.ts";

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

async function write(name: string, text: string): Promise<string> {
  await Bun.write(directory.file(name), text);
  return directory.file(name);
}

async function problemsOf(name: string, text: string, environment?: string): Promise<string> {
  const file = await write(name, text);
  const loaded = loadConfig({ file, ...(environment === undefined ? {} : { environment }) });
  const error = await loaded.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof ConfigError ? error.message.replaceAll(`${directory.path}/`, "") : "";
}

const whole = `version: 1
services:
  shop: { discovery: { type: static, targets: [{ url: "http://127.0.0.1:1" }] } }
routes:
  - { id: shop, match: { path: /shop/* }, service: shop }
`;

describe("a config is loaded", () => {
  test("from YAML, JSON and TypeScript alike, with every default filled in", async () => {
    const yaml = await loadConfig({ file: await write("a.yaml", whole) });
    const json = await loadConfig({ file: await write("a.json", JSON.stringify(Bun.YAML.parse(whole))) });
    const typed = await loadConfig({
      file: await write("a.ts", `export default ${JSON.stringify(Bun.YAML.parse(whole))};`),
    });
    expect(json).toEqual(yaml);
    expect(typed).toEqual(yaml);
    expect(yaml.services["shop"]).toMatchObject({
      balancer: { type: "round-robin" },
      timeouts: { connectMs: 1000 },
      connectionsMax: 512,
    });
    expect(yaml.routes[0]).toMatchObject({ host: "preserve", policies: [] });
  });

  test("with a route's timeout overriding its service's for that route only", async () => {
    const file = await write("t.yaml", `${whole.trimEnd().slice(0, -2)}, timeouts: { idleMs: 5 } }\n`);
    expect((await loadConfig({ file })).routes[0]?.timeouts).toEqual({ idleMs: 5 });
  });

  test("with any number of anchors, aliases and merge keys", async () => {
    const routes = Array.from(
      { length: 300 },
      (_, n) => `  - { <<: *route, id: r${n}, match: { path: /r${n}/* }, policies: *limited }`,
    );
    const file = await write(
      "anchors.yaml",
      `version: 1
services:
  shop: &shop { discovery: { type: static, targets: [{ url: "http://127.0.0.1:1" }] } }
  more: { <<: *shop, connectionsMax: 7 }
routes:
  - &route { id: first, match: { path: /first }, service: more, policies: &limited [{ type: respond, body: hello }] }
${routes.join("\n")}
`,
    );
    const config = await loadConfig({ file });
    expect(config.services["more"]).toMatchObject({ connectionsMax: 7, discovery: { type: "static" } });
    expect(config.routes.at(-1)).toMatchObject({
      id: "r299",
      service: "more",
      policies: [{ type: "respond" }],
    });
  });

  test("with an environment's overlay applied", async () => {
    const file = await write("b.yaml", whole);
    await write(
      "b.prod.yaml",
      `routes:\n  - { id: shop, bodyBytesMax: 5 }\nservices:\n  shop: { connectionsMax: 7 }\n`,
    );
    const config = await loadConfig({ file, environment: "prod" });
    expect(config.routes[0]).toMatchObject({ id: "shop", service: "shop", bodyBytesMax: 5 });
    expect(config.services["shop"]?.connectionsMax).toBe(7);
  });
});

describe("all problems are reported at once, with line, path, expectation and suggestion", () => {
  test("several problems", async () => {
    const text = `version: 2
services:
  shop: { discovery: { type: static, targets: [] }, balanser: {} }
routes:
  - { id: a, match: { path: "x" } }
`;
    const problems = await problemsOf("c.yaml", text);
    for (const problem of [
      'c.yaml:3:53: /services/shop/balanser: "balanser" is not known here (expected one of discovery, balancer, protocol, tls, timeouts, retry, hedge, fallback, breaker, outliers, health, slowStartMs, panicShare, subsetSize, connectionsMax, inFlightMax; did you mean balancer?)',
      "c.yaml:1:1: /version: 2 is invalid (expected 1)",
      "c.yaml:3:38: /services/shop/discovery/targets: [] is invalid (expected a list of 1 to 1000 entries, each an object with url)",
      'c.yaml:5:23: /routes/0/match/path: "x" is invalid (expected a string such as /shop or /shop/{id} or /shop/*, that begins with /; did you mean "/x"?)',
    ]) {
      expect(problems.split("\n")).toContain(problem);
    }
  });

  test("except in what aliases expand to: a small file that expands to a million values is refused at once", async () => {
    const policies = "      - { type: cors }\n".repeat(700);
    const routes = `  - &r\n    id: a\n    match: { path: / }\n    policies:\n${policies}${"  - *r\n".repeat(700)}`;
    expect(await problemsOf("bomb.yaml", `version: 1\nroutes:\n${routes}`)).toBe(
      "bomb.yaml: it is far too large once its aliases are expanded (expected fewer aliases of large values)",
    );
  });

  test("and of very many problems the first ones", async () => {
    const routes = "  - { id: A }\n".repeat(6000);
    const problems = (await problemsOf("many.yaml", `version: 1\nroutes:\n${routes}`)).split("\n");
    expect(problems.length).toBe(10_000);
    expect(problems.some((line) => line.includes("/routes/0/id"))).toBe(true);
  });

  test("a literal secret is refused and not repeated", async () => {
    const secret = "a secret of thirty-two characters";
    const problems = await problemsOf(
      "s.yaml",
      `version: 1\nidentity:\n  x: { type: jwt, issuer: x, audience: x, algorithms: [HS256], secret: "${secret}" }\n`,
    );
    expect(problems).toBe(
      "s.yaml:3:64: /identity/x/secret: this is not a reference to a secret (expected { env: NAME } or { file: PATH })",
    );
  });

  test.each([
    ["where an object with it is expected", "identity: { k: { type: api-key, keys: { acme: SECRET } } }"],
    ["that signs debug passes", "server: { debug: SECRET }"],
    [
      "in a URL",
      'services: { a: { discovery: { type: static, targets: [{ url: "http://user:SECRET@shop" }] } } }',
    ],
    [
      "in the URL of a list",
      'services: { a: { discovery: { type: static, targets: ["http://user:SECRET@shop"] } } }',
    ],
  ])("a literal secret %s is not repeated either", async (_where, text) => {
    const problems = await problemsOf("s.yaml", `version: 1\n${text}\n`);
    expect(problems).toContain("is invalid");
    expect(problems).not.toContain("SECRET");
  });

  test("input that is not a config: an empty file, two documents, a directory, a failing module, endless aliases", async () => {
    expect(await problemsOf("e.yaml", "# nothing\n")).toBe(
      "e.yaml: the file is empty (expected version: 1, services and routes)",
    );
    expect(await problemsOf("two.yaml", "version: 1\n---\nversion: 1\n")).toBe(
      "two.yaml:2:1: a second document begins here (expected one)",
    );
    await expect(loadConfig({ file: directory.path })).rejects.toThrow("this is a directory");
    expect(await problemsOf("m.ts", "throw new Error('not today');")).toBe(
      "m.ts:1:11: it cannot be run: not today",
    );
    expect(await problemsOf("syntax.ts", "export default {\n  version: 1,\n  ];\n")).toStartWith(
      "syntax.ts:3:3: it cannot be run:",
    );
    expect(await problemsOf("import.ts", 'import "./nothing.ts";')).toStartWith(
      "import.ts: it cannot be run:",
    );
    await write("shops.ts", "export const shops = [\n  ;\n");
    expect(
      await problemsOf("imports.ts", 'import { shops } from "./shops.ts";\nexport default shops;'),
    ).toStartWith("shops.ts:2:3: it cannot be run: ");
    await write("failing.ts", "\nthrow new Error('no shops');");
    expect(await problemsOf("fails.ts", 'import "./failing.ts";')).toBe(
      "failing.ts:2:11: it cannot be run: no shops",
    );
    expect(await problemsOf("none.ts", "export const config = {};")).toBe(
      "none.ts: it exports no config (expected export default { version: 1, ... })",
    );
    const notPlain =
      "its default export is not plain data (expected an object of texts, numbers, true, false, lists and objects)";
    for (const value of ["() => ({ version: 1 })", "{ version: 1n }", "globalThis"]) {
      expect(await problemsOf("data.ts", `export default ${value};`)).toBe(`data.ts: ${notPlain}`);
    }
    expect(await problemsOf("merge.yaml", "version: 1\nserver:\n  { forwarded: true, <<: text }\n")).toBe(
      "merge.yaml:3:22: << merges an object, and this is none (expected an alias of one, such as *name)",
    );
    expect(await problemsOf("merges.yaml", "a: &a { b: 1 }\nc: { <<: [*a, 2] }\n")).toBe(
      "merges.yaml:2:6: << merges an object, and this is none (expected an alias of one, such as *name)",
    );
    const [first, ...more] = ["a", "b", "c", "d", "e", "f"];
    const laughs = more.map((name, at) => `${name}: &${name} [${`*${[first, ...more][at]},`.repeat(20)}]`);
    expect(await problemsOf("l.yaml", [`${first}: &${first} [x]`, ...laughs].join("\n"))).toContain(
      "l.yaml: its aliases cannot be followed",
    );
    expect(await problemsOf("n.yaml", "version: *one\n")).toStartWith("n.yaml:1:10: *one stands for nothing");
    expect(await problemsOf("n.json", '{\n  "a": "http://x", // why\n  "version": 1\n}')).toBe(
      "n.json:2:20: JSON has no comments (expected none, or a file whose name ends in .yaml, with # before each)",
    );
  });

  test("a missing file", async () => {
    await expect(loadConfig({ file: directory.file("none.yaml") })).rejects.toThrow("there is no such file");
    const file = await write("base.yaml", whole);
    await expect(loadConfig({ file, environment: "none" })).rejects.toThrow(
      "base.none.yaml: there is no such file",
    );
    for (const name of ["mounted", ".hidden"]) {
      const unending = await write(name, whole);
      expect((await loadConfig({ file: unending })).version).toBe(1);
      await expect(loadConfig({ file: unending, environment: "prod" })).rejects.toThrow(
        `${name}: a file whose name has no ending has no overlay`,
      );
    }
  });
});

describe("an overlay", () => {
  test("merges objects, merges lists by id, replaces the rest and removes with null", () => {
    const base = { a: { b: 1, c: 2 }, list: [{ id: "x", v: 1 }, { id: "y" }], plain: [1, 2], gone: 1 };
    const over = { a: { c: 3 }, list: [{ id: "x", v: 2 }, { id: "z" }], plain: [3], gone: null };
    expect(overlay(base, over)).toEqual({
      a: { b: 1, c: 3 },
      list: [{ id: "x", v: 2 }, { id: "y" }, { id: "z" }],
      plain: [3],
    });
    expect(base.a.c).toBe(2);
    expect(overlay(base, undefined)).toBe(base);
    // as one overlay for several bases does
    expect(overlay({}, { server: { forwarded: null, tls: { port: 1 } } })).toEqual({
      server: { tls: { port: 1 } },
    });
    expect(overlay([], [{ id: "a", host: null }])).toEqual([{ id: "a" }]);
    // nothing that is written in it is left out
    const twice = [
      { id: "x", v: 2 },
      { id: "x", w: 3 },
    ];
    expect(overlay([{ id: "x", v: 1 }], twice)).toEqual([{ id: "x", v: 2, w: 3 }]);
  });
});

describe("a secret", () => {
  test("is a variable, or a file's content without its trailing line end", async () => {
    const file = await write("secret", "from-file\n");
    const sources = { env: { NAME: "from-env" } };
    expect(resolveSecret({ env: "NAME" }, sources)).toBe("from-env");
    expect(resolveSecret({ file }, sources)).toBe("from-file");
  });
  test("that is missing is reported with the place it was expected in", () => {
    expect(() => resolveSecret({ env: "NONE" }, { env: {} })).toThrow("NONE is not set");
    expect(() => resolveSecret({ file: "/no/such" }, { env: {} })).toThrow(
      "/no/such cannot be read (ENOENT)",
    );
  });
  test("that is empty is refused: TLS would trust the system's authorities instead of none", async () => {
    for (const nothing of ["", "\n", " \r\n\n"]) {
      const file = await write("secret", nothing);
      expect(() => resolveSecret({ file }, { env: {} })).toThrow(`${file} is empty`);
      expect(() => resolveSecret({ env: "NONE" }, { env: { NONE: nothing } })).toThrow("NONE is not set");
    }
  });
});

describe("bun run check-config", () => {
  async function run(
    ...options: string[]
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const child = Bun.spawn([process.execPath, `${import.meta.dir}/cli/check-config.ts`, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { code: await child.exited, out, err };
  }

  test("reports success, prints the effective config, or reports the problems", async () => {
    const good = await write("g.yaml", whole);
    expect(await run(good)).toMatchObject({
      code: 0,
      out: expect.stringContaining("1 route, 1 service, nothing wrong"),
    });
    expect((await run(good, "--print")).out).toContain("connectMs: 1000");
    expect(await run(await write("h.yaml", "version: 3"))).toMatchObject({
      code: 1,
      err: expect.stringContaining("/version: 3 is invalid"),
    });
    expect((await run()).code).toBe(2);
  });
});
