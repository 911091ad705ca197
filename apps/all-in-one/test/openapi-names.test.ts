import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, openingLimitMs, pick } from "@libs/testing";
import { generateTypesForDocument } from "openapi-client-axios-typegen";
import { startTestPlatform, type TestPlatform } from "./support/start-test-platform.ts";

const root = join(import.meta.dir, "../../..");
const apps = ["api-gateway", "admin", "ingestion", "prediction", "ai-engine", "fleet"] as const;

let running: TestPlatform;

beforeAll(async () => {
  running = await startTestPlatform({
    admin: { port: 0, hostname: "127.0.0.1", tokenFile: null, allowedHosts: [] },
  });
}, openingLimitMs);
afterAll(() => running.stop());

async function documentOf(name: string): Promise<unknown> {
  const { gateway, services } = running.platform;
  const app = [gateway, ...services].find((one) => one.name === name);
  const address = name === "admin" ? gateway.adminAddress : app?.address;
  return await (await fetch(`${address?.url}/swagger/json`)).json();
}

const entries = (value: unknown): [string, unknown][] => Object.entries(Object(value));

/** Every schema of a JSON body or answer, with its place. */
function contentsOf(document: unknown): readonly (readonly [where: string, schema: unknown])[] {
  return entries(pick(document, "paths")).flatMap(([path, item]) =>
    entries(item).flatMap(([method, operation]) => {
      const holders = [
        ["body", pick(operation, "requestBody")],
        ...entries(pick(operation, "responses")),
      ] as const;
      return holders.flatMap(([what, holder]) => {
        const schema = pick(holder, "content", "application/json", "schema");
        return schema === undefined ? [] : [[`${method} ${path} ${what}`, schema] as const];
      });
    }),
  );
}

describe.each(apps)("the OpenAPI document of %s", (name) => {
  test("names the schema of every request and response body", async () => {
    const contents = contentsOf(await documentOf(name));
    expect(contents.length).toBeGreaterThan(0);
    const inline = contents.filter(([, schema]) => typeof pick(schema, "$ref") !== "string");
    expect(inline.filter(([, schema]) => Object.keys(Object(schema)).length > 0)).toEqual([]);
  });

  test("has neither unresolved references nor unused components", async () => {
    const document = await documentOf(name);
    const names = entries(pick(document, "components", "schemas")).map(([one]) => one);
    const referred = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, one = ""]) => one,
    );
    expect([...new Set(referred)].toSorted()).toEqual(names.toSorted());
    expect(names.filter((one) => !/^[A-Z][A-Za-z\d]*$/.test(one))).toEqual([]);
  });

  test("has a description for every response, and only keywords of OpenAPI", async () => {
    for (const [, item] of entries(pick(await documentOf(name), "paths"))) {
      for (const [, operation] of entries(item)) {
        for (const [, response] of entries(pick(operation, "responses"))) {
          expect(pick(response, "description")).toBeString();
          expect(
            Object.keys(Object(response)).filter((key) => !/^(description|content|headers|links)$/.test(key)),
          ).toEqual([]);
        }
      }
    }
  });
});

const program = `
  export const codes = (answer: Components.Schemas.ProvisionDevicesAnswer): string[] =>
    answer.devices.map((made: Components.Schemas.DeviceWithCode) => made.activationCode);
  export const waits = (session: Components.Schemas.Session): boolean =>
    session.status === "STATE" && session.commands.some((one: Components.Schemas.Command) => one.risk === "high");
`;

test("types generated from the fleet's document have names and type-check a program", async () => {
  await using directory = await createTemporaryDirectory();
  await Bun.write(directory.file("fleet.json"), JSON.stringify(await documentOf("fleet")));
  const [, types = ""] = await generateTypesForDocument(directory.file("fleet.json"), {
    transformOperationName: (name) => name,
  });
  await Bun.write(directory.file("fleet.d.ts"), types);
  const compile = async (state: string): Promise<string> => {
    await Bun.write(directory.file("program.ts"), program.replace("STATE", state));
    const args = ["--noEmit", "--strict", "--types", "", "fleet.d.ts", "program.ts"];
    const child = Bun.spawn([join(root, "node_modules/.bin/tsc"), ...args], {
      cwd: directory.path,
      stdout: "pipe",
    });
    return await child.stdout.text();
  };
  expect(await compile("awaiting_approval")).toBe("");
  expect(await compile("no_such_state")).toContain("no overlap");
}, 60_000);
