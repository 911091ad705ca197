// Runs the cases of the public HTTP cache test suite against the cache at the given URL; prints kind and result by case.
import { join } from "node:path";

const checkout = process.env.HTTP_CACHE_TESTS_DIR;
const { getResults, runTests } = await import(join(checkout, "test-engine/client/runner.mjs"));
const { default: suites } = await import(join(checkout, "tests/index.mjs"));

const cases = suites.flatMap((suite) => suite.tests).filter((one) => one.browser_only !== true);
// all at once: most of them wait for something to become stale
await runTests(suites, false, process.argv[2], cases.length);
const results = getResults();
const told = cases.map(({ id, kind = "required", name }) => ({
  id,
  kind,
  name,
  result: results[id] ?? null,
}));
process.stdout.write(JSON.stringify(told));
