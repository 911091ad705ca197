import { describe, expect, test } from "bun:test";
import { basename, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { discoveries } from "../../discovery/registry.ts";
import { identityTypes } from "../../identity/registry.ts";
import { policies } from "../../policies/registry.ts";
import { balancers } from "../../upstream/balancing/registry.ts";
import { checkConfig } from "../check-config.ts";
import { gatewayJsonSchema, type JsonSchema } from "./json-schema.ts";
import { publishedFiles } from "./published-files.ts";

const app = join(import.meta.dir, "../../..");
const read = async (path: string): Promise<unknown> =>
  parse(await Bun.file(path).text(), { logLevel: "error" });
const compile = (isOverlay: boolean) =>
  new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false }).compile(
    gatewayJsonSchema({ isOverlay }),
  );
const isValid = compile(false);
const isValidOverlay = compile(true);

test.each(publishedFiles().map((file) => [basename(file.path), file] as const))(
  "%s is up to date with the schema: run `bun run config-schema`",
  async (_name, { path, text }) => {
    expect((await Bun.file(path).text()) === text).toBe(true);
  },
);

describe("the published schema, in another validator", () => {
  test("accepts the platform's config and its overlays", async () => {
    expect([isValid(await read(join(app, "gateway.yaml"))), isValid.errors]).toEqual([true, null]);
    const overlay = await read(join(app, "gateway.compose.yaml"));
    expect([isValidOverlay(overlay), isValidOverlay.errors]).toEqual([true, null]);
    expect(isValid(overlay)).toBe(false);
  });

  test("accepts a file without its defaults, and refuses unknown fields", () => {
    expect(isValid({ version: 1 })).toBe(true);
    expect(isValid({ version: 1, route: [] })).toBe(false);
    expect(isValidOverlay({ services: { old: null } })).toBe(true);
    expect(isValidOverlay({ services: { old: { retries: 1 } } })).toBe(false);
  });

  test("refuses no file that the gateway accepts", async () => {
    const fixtures = join(import.meta.dir, "../fixtures");
    let refused = 0;
    for (const name of new Bun.Glob("*/*.yaml").scanSync(fixtures)) {
      const value = await readOrNull(join(fixtures, name));
      if (isValid(value)) continue;
      refused += 1;
      expect([name, checkConfig(value).ok]).toEqual([name, false]);
    }
    expect(refused).toBeGreaterThan(10);
  });

  test("is associated with the repository's files for editors", async () => {
    const text = await Bun.file(join(app, "gateway.yaml")).text();
    expect(text).toStartWith("# yaml-language-server: $schema=./gateway.schema.json\n");
    const overlay = await Bun.file(join(app, "gateway.compose.yaml")).text();
    expect(overlay).toStartWith("# yaml-language-server: $schema=./gateway.overlay.schema.json\n");
  });
});

describe("the reference page", () => {
  test("has a section for every entry of each registry", () => {
    const page = publishedFiles().find(({ path }) => path.endsWith("config.md"))?.text ?? "";
    for (const registry of [policies, identityTypes, discoveries, balancers])
      for (const type of Object.keys(registry)) expect(page).toContain(`\`type: ${type}\``);
  });

  test("every field of the config has a description", () => {
    expect([...undescribed(gatewayJsonSchema({ isOverlay: false }), "")]).toEqual([]);
  });
});

/** `null` for a file that is not valid YAML, which no schema can judge. */
async function readOrNull(path: string): Promise<unknown> {
  try {
    return await read(path);
  } catch (thrown) {
    // a ReferenceError for an unknown alias
    if (thrown instanceof Error && /^YAML|^ReferenceError/.test(thrown.name)) return null;
    throw thrown;
  }
}

function* undescribed(schema: JsonSchema, place: string): Generator<string> {
  const group = (key: string) => Object.entries<JsonSchema>(Object(schema[key]));
  for (const [name, field] of group("properties")) {
    if (typeof field["description"] !== "string" || field["description"] === "") yield `${place}/${name}`;
    yield* undescribed(field, `${place}/${name}`);
  }
  for (const [, field] of group("patternProperties")) yield* undescribed(field, `${place}/*`);
  if (typeof schema["items"] === "object") yield* undescribed(schema["items"] as JsonSchema, `${place}[]`);
  for (const [, variant] of group("anyOf"))
    yield* undescribed(variant, `${place}(${JSON.stringify(variant["title"])})`);
}
