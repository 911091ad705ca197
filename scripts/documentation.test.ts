import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import manifest from "../package.json" with { type: "json" };

const root = join(import.meta.dir, "..");
const patterns = ["*.md", "docs/*.md", "apps/*/README.md", "libs/*/README.md", "examples/*/README.md"];
const pages = patterns.flatMap((pattern) => [
  ...new Bun.Glob(pattern).scanSync({ cwd: root, absolute: true }),
]);
const texts = new Map(
  await Promise.all(pages.map(async (page) => [page, await Bun.file(page).text()] as const)),
);

/** `bun run NAME` and the rest of the line, from every page. */
const commands = [...texts.values()].flatMap((text) =>
  [...text.matchAll(/\bbun run (?:--\S+ (?:\.\.\/\.\. )?)?([a-z][a-z:-]*)([^`\n#]*)/g)].map(
    ([, name = "", rest = ""]) => ({
      name,
      flags: rest.match(/(?<= )--[a-z][a-z-]*/g) ?? [],
    }),
  ),
);

/** Commands that readers of the gateway's pages run: they start fast, and each lists its options with `--help`. */
const asked = [
  "gateway",
  "check-config",
  "explain",
  "sign-url",
  "sign-debug",
  "hash-password",
  "config-schema",
  "fleet:token",
];

async function helpOf(name: string): Promise<string> {
  const child = Bun.spawn(["bun", "run", "--silent", name, "--help"], {
    cwd: root,
    stdout: "pipe",
    stderr: "inherit",
  });
  const [text, code] = await Promise.all([child.stdout.text(), child.exited]);
  expect([name, code]).toEqual([name, 0]);
  return text;
}

/** The anchor of a heading as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

function anchorsOf(page: string): ReadonlySet<string> {
  const plain = (texts.get(page) ?? "").replaceAll(/^```[\s\S]*?^```/gm, "");
  return new Set([...plain.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)));
}

describe("the documentation", () => {
  test("names no command that there is not", () => {
    const known = Object.keys(manifest.scripts);
    expect(commands.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
    expect(commands.length).toBeGreaterThan(30);
  });

  test.each(asked)("gives %s options that it has, and it tells them", async (name) => {
    const help = await helpOf(name);
    expect(help).toStartWith(`usage: bun run ${name}`);
    const flags = commands.filter((command) => command.name === name).flatMap((command) => command.flags);
    expect(flags.filter((flag) => !help.includes(flag))).toEqual([]);
  });

  test.each(pages.map((page) => [relative(root, page), page] as const))(
    "every link of %s leads somewhere",
    (_name, page) => {
      const links = [
        ...(texts.get(page) ?? "").replaceAll(/`[^`\n]*`/g, "").matchAll(/\]\((?!https?:)([^)\s]+)\)/g),
      ].map(([, link = ""]) => link);
      const broken = links.filter((link) => {
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? page : join(dirname(page), file);
        return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).has(anchor));
      });
      expect(broken).toEqual([]);
    },
  );
});
