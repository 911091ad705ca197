import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const page = await Bun.file(join(root, "ARCHITECTURE.md")).text();

/** Sections by heading, each with the folders in which its text says that its paths start. */
const sections = page.split(/^## /m).map((text) => {
  const [heading = ""] = text.split("\n", 1);
  const starts = [...(/^Paths start at .+$/m.exec(text)?.[0] ?? "").matchAll(/`([^`]+)`/g)];
  return { heading, text, starts: ["", ...starts.map(([, folder = ""]) => folder)] };
});

/** Names of the entries in the fenced tree whose first line is `head`, by the folder that they are listed under. */
function listedBelow(head: string): readonly string[] {
  const tree = [...page.matchAll(/^```\n([\s\S]*?)^```/gm)]
    .map(([, text = ""]) => text)
    .find((text) => new RegExp(`^${head}(?: |$)`, "m").test(text));
  const lines = tree?.split("\n") ?? [];
  const from = lines.findIndex((line) => line.split(" ", 1)[0] === head) + 1;
  const until = lines.findIndex((line, index) => index >= from && !line.startsWith("  "));
  return lines.slice(from, until).map((line) => line.trim().split(" ", 1)[0] ?? "");
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${name}/`)
    .toSorted();
}

describe("ARCHITECTURE.md", () => {
  test.each(sections.map((section) => [section.heading, section] as const))(
    "names only files that exist: %s",
    (_heading, { text, starts }) => {
      const named = [...text.matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|mjs|yaml))`/g)].map(
        ([, path = ""]) => path,
      );
      const missing = named.filter((path) => !starts.some((start) => existsSync(join(root, start, path))));
      expect(missing).toEqual([]);
    },
  );

  test("names the files along the path of a request, an event and a command", () => {
    const named = sections.filter(
      ({ heading, text }) => heading.startsWith("The path of ") && text.match(/`[\w./-]+\.ts`/g),
    );
    expect(named.map(({ heading }) => heading)).toEqual([
      "The path of a request",
      "The path of an event",
      "The path of a command",
    ]);
  });

  test.each(["apps/", "libs/"])("gives every folder of %s its line, and no other", (folder) => {
    expect(listedBelow(folder).toSorted()).toEqual([...foldersIn(folder)]);
  });

  test("gives every folder of the gateway its line, and no other", () => {
    const listed = listedBelow("apps/api-gateway/src/");
    expect(listed.filter((name) => name.endsWith("/")).toSorted()).toEqual([
      ...foldersIn("apps/api-gateway/src"),
    ]);
    const files = readdirSync(join(root, "apps/api-gateway/src")).filter((name) => name.endsWith(".ts"));
    expect(listed.filter((name) => name.endsWith(".ts")).toSorted()).toEqual(files.toSorted());
  });
});
