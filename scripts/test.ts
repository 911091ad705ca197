/**
 * `npm test [patterns] [--coverage]`: every test that this machine can run, against private servers if their binaries
 * are found. Ends with the actual counts and names the skipped tests, and those that passed only when run again. Exits 1 on a failure, or with `REQUIRE_ALL=true` on a
 * suite skipped because Redis or PostgreSQL is missing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { startServers } from "@libs/testing";
import { readJunit, type TestCounts } from "./junit.ts";
import { createRunnerOutput } from "./runner-output.ts";

const root = join(import.meta.dir, "..");

/** A signal ends the tests, and what was started for them is stopped as after the last one. */
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));

const servers = await startServers();
const reports = await mkdtemp(join(tmpdir(), "cartway-tests-"));
try {
  const { secondTries, ...counts } = await runTests(process.argv.slice(2), join(reports, "junit.xml"));
  report(counts, servers.missing, secondTries);
  const skippedForServer = counts.skipped.filter((name) => /REDIS_URL|DATABASE_URL/.test(name));
  const incomplete = process.env["REQUIRE_ALL"] === "true" && skippedForServer.length > 0;
  if (incomplete) console.error("REQUIRE_ALL: a suite that a server would enable was skipped");
  process.exitCode = counts.failed.length > 0 || incomplete ? 1 : 0;
} finally {
  await servers.stop();
  await rm(reports, { recursive: true, force: true });
}

interface RunTests extends TestCounts {
  /** By name, those that failed first: they leave something behind, or wait for the clock. */
  readonly secondTries: readonly string[];
}

async function runTests(patterns: readonly string[], outfile: string): Promise<RunTests> {
  const workers = Math.max(1, Math.min(4, cpus().length));
  // Suites of real processes compete with other load on the machine: a failed test is run once more, and one that fails
  // twice is a failure. Retried tests are named at the end, so that nobody takes them for reliable.
  const flags = ["--timeout=60000", "--retry=1", `--parallel=${workers}`];
  const reporter = ["--reporter=junit", `--reporter-outfile=${outfile}`];
  const child = Bun.spawn([process.execPath, "test", ...flags, ...reporter, ...patterns], {
    cwd: root,
    env: { ...process.env, ...servers.environment, NODE_ENV: "test", FORCE_COLOR: undefined },
    stdio: ["ignore", "inherit", "pipe"],
    signal: interrupted.signal,
  });
  const secondTries = await showOutput(child.stderr);
  const exitCode = await child.exited;
  const written = await Bun.file(outfile).exists();
  const counts = written ? readJunit(await Bun.file(outfile).text()) : { passed: 0, failed: [], skipped: [] };
  if (exitCode === 0 || counts.failed.length > 0) return { ...counts, secondTries };
  return { ...counts, secondTries, failed: [`the test runner itself ended with exit code ${exitCode}`] };
}

/** Shows what is worth it as it comes. */
async function showOutput(stderr: ReadableStream<Uint8Array>): Promise<readonly string[]> {
  const output = createRunnerOutput();
  for await (const line of createInterface({ input: Readable.fromWeb(stderr) }))
    for (const shown of output.take(line)) console.error(shown);
  return output.secondTries;
}

function report(counts: TestCounts, missing: readonly string[], secondTries: readonly string[]): void {
  for (const name of counts.failed) console.log(`failed: ${name}`);
  for (const name of counts.skipped) console.log(`skipped: ${name}`);
  for (const line of missing) console.log(`not run here: ${line}`);
  if (secondTries.length > 0)
    console.log(`\n${secondTries.length} passed on the second try: ${secondTries.join(", ")}`);
  console.log(`\n${counts.passed} passed, ${counts.failed.length} failed, ${counts.skipped.length} skipped`);
}
