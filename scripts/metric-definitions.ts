import { join } from "node:path";

const root = join(import.meta.dir, "..");

/** Every metric that the sources define, with its labels; `null` where these are not literal. */
export async function readMetricDefinitions(): Promise<ReadonlyMap<string, ReadonlySet<string> | null>> {
  const found = new Map<string, ReadonlySet<string> | null>();
  for await (const file of new Bun.Glob("{apps,libs}/*/src/**/*.ts").scan({ cwd: root })) {
    if (file.endsWith(".test.ts")) continue;
    const text = await Bun.file(join(root, file)).text();
    for (const { 1: name = "", index } of text.matchAll(/"(cartway_[a-z_]+)"/g)) {
      const labels = labelsAt(text, index);
      if (labels !== null || !found.has(name)) found.set(name, labels);
    }
  }
  return found;
}

/** The labels of the definition `{ name: "cartway_…", help, labels, … }`, or prom-client's `labelNames`, at this name; `null` if it is not a definition. */
function labelsAt(text: string, index: number): ReadonlySet<string> | null {
  const rest = text.slice(index, index + text.slice(index).search(/\}\s*\)/));
  if (!/\bname:\s*$/.test(text.slice(0, index)) || !/\bhelp:/.test(rest)) return null;
  if (!/\blabel(?:Name)?s\b/.test(rest)) return new Set();
  const listed = /\blabel(?:Name)?s:\s*\[([^\]]*)\]/.exec(rest) ?? /const labels = \[([^\]]*)\]/.exec(text);
  return new Set([...(listed?.[1] ?? "").matchAll(/"([a-z_]+)"/g)].map(([, label = ""]) => label));
}

/** The metrics in a query, without the suffixes that Prometheus adds for histograms. */
export function metricsIn(query: string): readonly string[] {
  return [...query.matchAll(/cartway_[a-z_]+/g)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, ""));
}
