import { join } from "node:path";
import { expect, test } from "bun:test";
import { gaugeMeanings, meaningOf } from "./gauge-meanings.ts";

const root = join(import.meta.dir, "../../../../..");

/** The names of all gauges declared in the sources of the gateway and its libraries. */
async function declaredGauges(): Promise<Set<string>> {
  const names = new Set<string>();
  for (const pattern of ["libs/{monitoring,elysia-server}/src/**/*.ts", "apps/api-gateway/src/**/*.ts"]) {
    for await (const file of new Bun.Glob(pattern).scan({ cwd: root })) {
      if (/\.(test|contract)\.ts$/.test(file)) continue;
      const source = await Bun.file(join(root, file)).text();
      for (const [, name = ""] of source.matchAll(
        /(?:\bgauge|new Gauge)\(\s*(?:\{\s*name:\s*)?"(cartway_\w+)"/g,
      ))
        names.add(name);
    }
  }
  return names;
}

test("exactly the gauges that the gateway declares have a rule for merging", async () => {
  const declared = await declaredGauges();
  expect(declared.size).toBeGreaterThan(25);
  expect(Object.keys(gaugeMeanings).toSorted()).toEqual([...declared].toSorted());
});

test("a gauge without a rule is reported for each worker", () => {
  expect(meaningOf({ name: "cartway_new_ratio", type: "gauge" }, "cartway_new_ratio")).toBe("apart");
});

test("counters are summed, except those of the process", () => {
  expect(meaningOf({ name: "cartway_new_total", type: "counter" }, "cartway_new_total")).toBe("sum");
  const cpu = { name: "cartway_process_cpu_seconds_total", type: "counter" };
  expect(meaningOf(cpu, 'cartway_process_cpu_seconds_total{mode="user"}')).toBe("apart");
});
