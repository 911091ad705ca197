/**
 * `bun run verify`: what contributors run before a commit and what CI runs. Every check is named, all of them run, and
 * the exit code is 0 only if each one passed. With `--coverage-from DIR` the tests have already run and left their
 * report in DIR.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkCoverage, coverageFloor } from "./coverage-gate.ts";

const root = join(import.meta.dir, "..");
const { values: options } = parseArgs({ options: { "coverage-from": { type: "string" } } });
const temporary = await mkdtemp(join(tmpdir(), "cartway-coverage-"));
const coverageDirectory = options["coverage-from"] ?? temporary;

interface Check {
  readonly name: string;
  run(): Promise<boolean>;
}

const checks: readonly Check[] = [
  { name: "format", run: () => succeeds("biome", "format", ".") },
  { name: "lint", run: () => succeeds("oxlint", "--type-aware", "--deny-warnings") },
  { name: "types", run: () => succeeds("bun", "run", "typecheck") },
  { name: "import directions", run: () => succeeds("bun", "scripts/check-imports.ts") },
  {
    name: "dead code",
    run: () => succeeds("bun", "--bun", "knip", "--no-progress", "--treat-config-hints-as-errors"),
  },
  { name: "tests", run: tests },
  { name: "coverage", run: coverage },
];

const failed: string[] = [];
for (const check of checks) {
  console.log(`\n── ${check.name}`);
  if (!(await check.run())) failed.push(check.name);
}
await rm(temporary, { recursive: true, force: true });
console.log(failed.length === 0 ? "\nverify: all checks passed" : `\nverify: failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function succeeds(...command: readonly string[]): Promise<boolean> {
  const child = Bun.spawn([...command], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}` },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return (await child.exited) === 0;
}

async function tests(): Promise<boolean> {
  if (options["coverage-from"] !== undefined) return true;
  const flags = ["--coverage", "--coverage-reporter=lcov", `--coverage-dir=${coverageDirectory}`];
  return await succeeds("bun", "scripts/test.ts", ...flags);
}

async function coverage(): Promise<boolean> {
  const report = Bun.file(join(coverageDirectory, "lcov.info"));
  if (!(await report.exists())) {
    console.error("no coverage report was written");
    return false;
  }
  const result = await checkCoverage(await report.text(), root);
  const share = result.lines === 0 ? 0 : result.covered / result.lines;
  for (const line of result.weakest.slice(0, 25)) console.log(`  ${line}`);
  for (const file of result.unloaded) console.log(`  no test loads ${file}`);
  console.log(
    `lines covered: ${(share * 100).toFixed(2)} % of ${result.lines} (floor ${coverageFloor * 100} %)`,
  );
  return share >= coverageFloor && result.unloaded.length === 0;
}
