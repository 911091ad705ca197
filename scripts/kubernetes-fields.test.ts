import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import { readManifests } from "./kubernetes-manifests.ts";

const root = join(import.meta.dir, "..");
const { all } = await readManifests();

describe("every manifest", () => {
  const modules: Readonly<Record<string, string>> = {
    v1: "core/v1",
    "rbac.authorization.k8s.io/v1": "rbac/v1",
    "networking.k8s.io/v1": "networking/v1",
  };

  test("has the fields that Kubernetes knows, of the types that it takes", async () => {
    await using directory = await createTemporaryDirectory();
    await Bun.$`mkdir ${directory.file("node_modules")} && ln -s ${join(root, "node_modules/kubernetes-types")} ${directory.file("node_modules/kubernetes-types")}`.quiet();
    const check = async (objects: readonly (typeof all)[number][]): Promise<string> => {
      const lines = objects.map(
        (one, index) =>
          `export const m${index}: import("kubernetes-types/${modules[one.apiVersion] ?? one.apiVersion}").${one.kind} = ${JSON.stringify(one)};`,
      );
      await Bun.write(directory.file("manifests.ts"), lines.join("\n"));
      const args = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--moduleResolution",
        "bundler",
        "--module",
        "esnext",
        "--types",
        "",
        "manifests.ts",
      ];
      const child = Bun.spawn([join(root, "node_modules/.bin/tsc"), ...args], {
        cwd: directory.path,
        stdout: "pipe",
      });
      return await child.stdout.text();
    };
    // the package types resource amounts as a string, where Kubernetes has a map; they are checked above
    const known = JSON.parse(JSON.stringify(all), (key, value) =>
      key === "resources" && "limits" in value ? {} : value,
    );
    expect(await check(known)).toBe("");
    const wrong = JSON.parse(JSON.stringify(known).replaceAll('"readinessProbe"', '"readyProbe"'));
    expect(await check(wrong)).toContain("readyProbe");
  }, 60_000);
});
