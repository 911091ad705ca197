/** Enforces minimum line coverage of the libs and the gateway. Exceptions are listed here with their reasons. */
import { relative } from "node:path";

export const coverageFloor = 0.95;

/** Source files that no in-process test can cover, each with the reason and what tests them instead. */
const exceptions: Readonly<Record<string, string>> = {
  "apps/api-gateway/src/main.ts":
    "a process of its own: apps/all-in-one/test/many-processes.test.ts starts it",
  "apps/api-gateway/src/config/worker/config-worker.ts":
    "a thread, which coverage does not see: test/admin/large-configs.test.ts has it started",
  "apps/api-gateway/src/config/worker/yaml-worker.ts":
    "a thread, which coverage does not see: config/document/parse-text.test.ts has it started",
  "apps/api-gateway/src/config/cli/check-config.ts":
    "a process of its own: config/cli/check-config.test.ts runs it",
  "apps/api-gateway/src/config/cli/write-config-schema.ts":
    "a process of its own: config/published/published-files.test.ts holds what it writes",
  "apps/api-gateway/src/explain/cli/explain.ts": "a process of its own: explain/cli/cli.test.ts runs it",
  "apps/api-gateway/src/policies/signed-url/cli/sign-url.ts": "a process of its own: its test runs it",
  "apps/api-gateway/src/identity/basic/cli/hash-password.ts": "a process of its own: its test runs it",
  "apps/api-gateway/src/telemetry/debug/cli/sign-debug.ts":
    "a process of its own: test/data-plane/debug-pass.test.ts runs it",
  "libs/client/src/script-tag.ts":
    "runs in a browser: apps/api-gateway/test/hub/browser.test.ts loads its build into Chromium",
  "libs/client/src/browser/indexeddb-store.ts":
    "needs a browser's IndexedDB: apps/api-gateway/test/hub/browser.test.ts runs it in Chromium",
  "libs/database/src/clickhouse-server/main.ts":
    "a process of its own: handle-clickhouse-request.test.ts talks to it",
  "libs/database/src/clickhouse-server/handle-clickhouse-request.ts":
    "served by that process: an engine binds one directory a process, so the test cannot hold it",
  "libs/database/src/postgresql/initialize-directory.ts":
    "a process of its own: every embedded suite starts it",
  "libs/database/src/postgresql/pglite-parameters.ts": "read in the engine's worker and that process only",
  "libs/database/src/postgresql/pglite-worker.ts": "the engine's worker thread, which coverage does not see",
  "libs/testing/src/servers/start-servers.ts": "starts the servers before the tests: scripts/test.ts runs it",
  "libs/testing/src/servers/redis.ts": "started by start-servers.ts",
  "libs/testing/src/servers/postgresql.ts": "started by start-servers.ts",
  "libs/elysia-server/src/lifecycle/run-until-signal.ts":
    "ends its process: its test sends signals to real ones",
};

export interface CoverageResult {
  readonly covered: number;
  readonly lines: number;
  /** Files below the floor, worst first: where to look when the gate fails. */
  readonly weakest: readonly string[];
  /** Source files that no test loads at all. */
  readonly unloaded: readonly string[];
}

/** `lcov` is the report of `bun test --coverage`, with paths absolute or relative to `root`. */
export async function checkCoverage(lcov: string, root: string): Promise<CoverageResult> {
  const loaded = new Map<string, { covered: number; lines: number }>();
  for (const record of lcov.split("end_of_record")) {
    const file = /^SF:(.+)$/m.exec(record)?.[1];
    if (file === undefined) continue;
    const path = file.startsWith("/") ? relative(root, file) : file;
    const hits = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map((match) => Number(match[1]));
    loaded.set(path, { covered: hits.filter((count) => count > 0).length, lines: hits.length });
  }
  let covered = 0;
  let lines = 0;
  const weakest: [number, string][] = [];
  const unloaded: string[] = [];
  for (const file of await gatedFiles(root)) {
    const counts = loaded.get(file);
    if (counts === undefined) {
      if (await hasRuntimeCode(`${root}/${file}`)) unloaded.push(file);
      continue;
    }
    covered += counts.covered;
    lines += counts.lines;
    const share = counts.lines === 0 ? 1 : counts.covered / counts.lines;
    if (share < coverageFloor) weakest.push([share, `${(share * 100).toFixed(1)} % ${file}`]);
  }
  weakest.sort((a, b) => a[0] - b[0]);
  return { covered, lines, weakest: weakest.map(([, line]) => line), unloaded };
}

async function gatedFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of ["libs/*/src/**/*.ts", "apps/api-gateway/src/**/*.ts"]) {
    files.push(...(await Array.fromAsync(new Bun.Glob(pattern).scan({ cwd: root }))));
  }
  const isTested = (file: string) =>
    !/\.(test|contract)\.ts$|\/(fixtures|generated)\//.test(file) && !Object.hasOwn(exceptions, file);
  return files.filter(isTested).toSorted();
}

/** False for files of types and re-exports only: they vanish when compiled, so no test can load them. */
async function hasRuntimeCode(path: string): Promise<boolean> {
  const compiled = new Bun.Transpiler({ loader: "ts" }).transformSync(await Bun.file(path).text());
  return (
    compiled
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$|export\s*\{[^}]*\}(\s*from\s*["'][^"']+["'])?;?/gm, "")
      .trim() !== ""
  );
}
