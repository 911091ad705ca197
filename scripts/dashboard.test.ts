import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createTemporaryDirectory, promtool } from "@libs/testing";
import { metricsIn, readMetricDefinitions } from "./metric-definitions.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

const file = join(import.meta.dir, "../deploy/grafana/cartway.json");
const dashboard: Dashboard = await Bun.file(file).json();
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);
const definitions = await readMetricDefinitions();

/** Of the target, and of histograms. */
const givenLabels = ["instance", "job", "le"];

/** `sum by (a, b)`, and `{a="...", b=~"..."}`. */
function labelsIn(expr: string): readonly string[] {
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = ""]) => names.split(/,\s*/));
  const matched = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, matchers = ""]) =>
    [...matchers.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, name = ""]) => name),
  );
  return [...grouped, ...matched];
}

describe("the Grafana dashboard", () => {
  test("asks for metrics that there are, by labels that they have", () => {
    expect(queries.length).toBeGreaterThan(30);
    for (const { title, expr } of queries) {
      const metrics = metricsIn(expr);
      expect([title, metrics.filter((name) => !definitions.has(name)), metrics.length > 0]).toEqual([
        title,
        [],
        true,
      ]);
      const known = metrics.flatMap((name) => [...(definitions.get(name) ?? [])]);
      if (metrics.some((name) => definitions.get(name) === null))
        throw new Error(`${title}: labels that are not spelled out`);
      expect([title, labelsIn(expr).filter((label) => ![...known, ...givenLabels].includes(label))]).toEqual([
        title,
        [],
      ]);
    }
  });

  test("names its lines by labels that the query keeps", () => {
    for (const { title, expr, legendFormat } of queries) {
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      const kept = expr.includes(" by (") ? labelsIn(expr) : givenLabels;
      expect([title, named.filter((label) => !kept.includes(label))]).toEqual([title, []]);
    }
  });

  test("asks for variables that it has", () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z]\w*)/g)].map(([, name = ""]) => name);
    expect([...new Set(used)].toSorted()).toEqual(names.toSorted());
  });

  test("has panels with ids of their own, none upon another", () => {
    const taken = new Set<string>();
    for (const { id, title, gridPos } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.has(`${x}/${y}`)]).toEqual([title, false]);
          taken.add(`${x}/${y}`);
        }
      }
      expect([id, dashboard.panels.filter((panel) => panel.id === id).length]).toEqual([id, 1]);
    }
  });

  test.skipIf(promtool === null)(
    "asks what Prometheus understands (install prometheus to run it)",
    async () => {
      await using directory = await createTemporaryDirectory();
      const rules = queries.map(({ expr }, index) => ({
        record: `panel:${index}`,
        expr: expr.replaceAll(/\$__(?:rate_interval|range)/g, "5m").replaceAll("$route", ".*"),
      }));
      await Bun.write(
        directory.file("rules.yml"),
        JSON.stringify({ groups: [{ name: "dashboard", rules }] }),
      );
      const { exitCode, stdout, stderr } = Bun.spawnSync([
        promtool ?? "",
        "check",
        "rules",
        directory.file("rules.yml"),
      ]);
      expect({ exitCode, out: exitCode === 0 ? "" : stdout.toString() + stderr.toString() }).toEqual({
        exitCode: 0,
        out: "",
      });
    },
  );
});
