import { afterAll, describe, expect, test } from "bun:test";
import { join, relative } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { parse } from "yaml";
import { discoveries } from "../discovery/registry.ts";
import { gatewayEnvironment } from "../environment.ts";
import { identityTypes } from "../identity/registry.ts";
import { policies } from "../policies/registry.ts";
import { balancers } from "../upstream/balancing/registry.ts";
import { checkConfig } from "./check-config.ts";
import { loadConfig } from "./load-config.ts";
import { overlay } from "./document/overlay.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Shown {
  /** `docs/tls.md:42` */
  readonly place: string;
  readonly text: string;
}

const root = join(import.meta.dir, "../../../..");
const patterns = ["*.md", "docs/*.md", "apps/*/README.md", "libs/*/README.md", "examples/*/README.md"];
const pages = patterns.flatMap((pattern) => [
  ...new Bun.Glob(pattern).scanSync({ cwd: root, absolute: true }),
]);
const texts = new Map(
  await Promise.all(pages.map(async (page) => [page, await Bun.file(page).text()] as const)),
);

const directory = await createTemporaryDirectory();
afterAll(() => directory.remove());

function blocksOf(page: string, language: string): readonly Shown[] {
  const text = texts.get(page) ?? "";
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((block) => ({
    place: `${relative(root, page)}:${text.slice(0, block.index).split("\n").length}`,
    text: block[1] ?? "",
  }));
}

const fields = (value: unknown): Fields => (Array.isArray(value) ? {} : Object(value));

/** All objects of a value, at any depth. */
function* within(value: unknown): Generator<Fields> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield fields(value);
  for (const inner of Object.values(value)) yield* within(inner);
}

/** Completes a partial example into a whole config: what it refers to is taken from the page's other examples. */
function completed(piece: unknown, page: Fields): unknown {
  const config = fields(asConfig(piece));
  const parts = [...within(config)];
  const services = parts.flatMap(({ service }) =>
    typeof service === "string" ? [[service, someService]] : [],
  );
  const names = parts.flatMap((part) => [part["with"] ?? []].flat().map(String));
  const ofPage = fields(page["identity"]);
  const identity = Object.fromEntries(names.map((name) => [name, ofPage[name] ?? { type: "api-key" }]));
  return {
    version: 1,
    server: { trustedProxies: ["10.0.0.0/8"] },
    ...config,
    services: { fleet: someService, ...Object.fromEntries(services), ...fields(config["services"]) },
    identity: { ...identity, ...fields(config["identity"]) },
  };
}

const someService = { discovery: { type: "static", targets: [{ url: "http://127.0.0.1:1" }] } };

/** A list is taken as the policies of a route, `discovery` as that of several services. */
function asConfig(piece: unknown): unknown {
  if (Array.isArray(piece)) {
    const has = (...types: readonly string[]) =>
      piece.some(({ type }: Fields) => types.includes(String(type)));
    const caller = has("authenticate") ? [] : [{ type: "authenticate", with: ["somebody"] }];
    const answer = has("respond", "redirect") ? [] : [{ type: "respond" }];
    return {
      routes: [{ id: "shown", match: { path: "/shown/{id}" }, policies: [...caller, ...piece, ...answer] }],
    };
  }
  const { discovery } = fields(piece);
  if (discovery === undefined) return piece;
  const entries = Object.entries(fields(discovery));
  return { services: Object.fromEntries(entries.map(([name, entry]) => [name, { discovery: entry }])) };
}

/** Compose files and kustomizations are about containers. */
const isOfContainers = (piece: unknown) =>
  "configMapGenerator" in fields(piece) ||
  Object.values(fields(fields(piece)["services"])).some((one) => "ports" in fields(one));

/** The page on environments shows an overlay after its base. */
const isOverlay = ({ text, place }: Shown) =>
  place.startsWith("docs/running.md") && !text.includes("version: 1");

const shown = pages.flatMap((page) => {
  const blocks = blocksOf(page, "yaml").map((block) => ({
    ...block,
    value: parse(block.text, { merge: true }) as unknown,
  }));
  const all = Object.assign({}, ...blocks.map(({ value }) => fields(fields(value)["identity"])));
  const base = blocks.find(({ text }) => text.includes("version: 1"))?.value;
  return blocks
    .filter(({ value }) => !isOfContainers(value))
    .map(
      (block) =>
        [
          block.place,
          completed(isOverlay(block) ? overlay(base, block.value) : block.value, { identity: all }),
        ] as const,
    );
});

describe("the documentation", () => {
  test("shows configs on many pages", () => {
    expect(shown.length).toBeGreaterThan(25);
  });

  test.each(shown)("%s: the config is valid", (_place, config) => {
    expect(checkConfig(config)).toEqual({ ok: true, config: expect.anything() });
  });

  const modules = pages
    .flatMap((page) => blocksOf(page, "ts"))
    .filter(({ text }) => text.includes("export default {\n  version"));

  test.each(modules.map(({ place, text }) => [place, text] as const))(
    "%s: the module exports a valid config",
    async (_place, text) => {
      const file = directory.file(`${Bun.hash(text)}.ts`);
      await Bun.write(file, text);
      expect((await loadConfig({ file })).routes.length).toBeGreaterThan(0);
    },
  );

  const types = new Set(shown.flatMap(([, config]) => [...within(config)].map(({ type }) => type)));

  test.each(
    Object.entries({ policies, identityTypes, discoveries, balancers }).flatMap(([registry, entries]) =>
      Object.keys(entries).map((type) => [registry, type] as const),
    ),
  )("shows an example of each of the %s: %s", (_registry, type) => {
    expect(types).toContain(type);
  });

  test.each(Object.keys(policies))("lists the error codes and metrics of the policy %s", (type) => {
    const table = texts
      .get(join(root, "docs/policies.md"))
      ?.split("## What each refuses with")[1]
      ?.split("\n## ")[0];
    expect(table).toMatch(new RegExp(`^\\| \\[[a-z-, ]*\\b${type}\\b[a-z-, ]*\\]`, "m"));
  });

  test("lists every variable that the gateway reads", () => {
    const page = texts.get(join(root, "docs/running.md")) ?? "";
    const ofThePlatform = new Set(["CUSTOMER_JWT_SECRET"]);
    const names = Object.keys(gatewayEnvironment).filter((name) => !ofThePlatform.has(name));
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
