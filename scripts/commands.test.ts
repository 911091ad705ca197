import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory } from "@libs/testing";
import manifest from "../package.json" with { type: "json" };

const root = join(import.meta.dir, "..");
/** Options of turbo and of the checks are checked by those themselves. */
const others = new Set(["dev", "verify"]);
const commands = Object.entries(manifest.scripts).flatMap(([name, script]) =>
  script.startsWith("bun ") && !others.has(name) ? [[name, script.slice("bun ".length)] as const] : [],
);
// its script calls another program before this one
commands.push(["start", "scripts/start.ts"]);
const scriptOf = new Map([...commands, ["dev", "scripts/dev.ts"] as const]);

/** In an empty directory: no data, no stores, no secrets. */
async function run(name: string, args: readonly string[]) {
  await using nowhere = await createTemporaryDirectory();
  const { PATH = "", HOME = "" } = process.env;
  const script = join(root, scriptOf.get(name) ?? "");
  const env = { PATH, HOME, DATA_DIRECTORY: nowhere.path };
  const options = { cwd: nowhere.path, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" } as const;
  const child = Bun.spawn([process.execPath, script, ...args], options);
  const [err, code] = await Promise.all([child.stderr.text(), child.exited]);
  return { err, code };
}

const stack = /^\s+at |^\d+ \|/m;

describe("bun run", () => {
  test.each(commands)(
    "%s tells an option that there is not, above its usage",
    async (name) => {
      const { err, code } = await run(name, ["--nonsense"]);
      expect(err).toStartWith("Unknown option '--nonsense'\n\nusage:");
      expect(code).toBe(2);
    },
    30_000,
  );

  test("dev tells how it is used, whatever servers there are, and leaves the rest to turbo", async () => {
    expect(await run("dev", ["--help"])).toEqual({ err: "", code: 0 });
  });

  const away = "http://127.0.0.1:1";
  test.each([
    ["sign-url", ["--url", "http://a/x", "--key", "k", "--secret-env", "NONE"], "variable NONE is not set"],
    ["sign-debug", ["--secret-file", "none"], "none cannot be read (ENOENT)"],
    ["gateway", ["--config", "none.yaml", "--no-admin"], "none.yaml: there is no such file"],
    ["check-config", ["none.yaml"], "none.yaml: there is no such file"],
    ["explain", ["GET", "/x", "--config", "none.yaml"], "none.yaml: there is no such file"],
    ["explain", ["GET", "/x", "--live", away], "--token-file"],
    ["prediction", ["evaluate", "--train", "none", "--test", "none"], "--train: there is no file none"],
    ["replay", ["none.csv"], "none.csv: there is no such file"],
    ["fleet:agent", [], "give it an activation code"],
    ["fleet:claim-load", [], "set DATABASE_URL (postgres://...) or REDIS_URL (redis://...)"],
    ["fleet:claim-cost", [], "set DATABASE_URL (postgres://...) or REDIS_URL (redis://...)"],
    ["fleet:simulate", [], "set CUSTOMER_JWT_SECRET"],
    ["fleet:token", ["--customer", "c"], "set CUSTOMER_JWT_SECRET"],
  ])(
    "%s %p says in one line what is missing and how to give it",
    async (name, args, told) => {
      const { err, code } = await run(name, args);
      expect(err.split("\n", 1)[0]).toContain(told);
      expect(err).not.toMatch(stack);
      expect(code).toBeGreaterThan(0);
    },
    30_000,
  );
});
