import { expect, test } from "bun:test";
import { join } from "node:path";
import { promtool } from "@libs/testing";
import { containerOf, readManifests } from "./kubernetes-manifests.ts";
import { metricsIn, readMetricDefinitions } from "./metric-definitions.ts";

const root = join(import.meta.dir, "..");
const directory = join(root, "deploy/prometheus");

test.skipIf(promtool === null)(
  "Prometheus takes the scrape config, and each alert fires when it should and only then (install prometheus to run it)",
  () => {
    for (const args of [
      ["check", "config", "prometheus.yml"],
      ["test", "rules", "alerts.test.yml"],
    ]) {
      const { exitCode, stdout, stderr } = Bun.spawnSync([promtool ?? "", ...args], { cwd: directory });
      expect({ exitCode, out: exitCode === 0 ? "" : stdout.toString() + stderr.toString() }).toEqual({
        exitCode: 0,
        out: "",
      });
    }
  },
  60_000,
);

interface ScrapeConfig {
  readonly kubernetes_sd_configs: readonly { readonly namespaces: { readonly names: readonly string[] } }[];
  readonly relabel_configs: readonly { readonly source_labels: readonly string[]; readonly regex?: string }[];
}

test("the scrape config for Kubernetes finds every pod of the manifests by its namespace, label and port", async () => {
  const { deployments, kustomization } = await readManifests();
  const text = await Bun.file(join(directory, "kubernetes.yml")).text();
  const { scrape_configs } = Bun.YAML.parse(text) as { readonly scrape_configs: readonly ScrapeConfig[] };
  const [{ kubernetes_sd_configs, relabel_configs } = { kubernetes_sd_configs: [], relabel_configs: [] }] =
    scrape_configs;
  expect(kubernetes_sd_configs[0]?.namespaces.names).toEqual([kustomization.namespace]);
  const wanted = new Map(relabel_configs.map(({ source_labels, regex }) => [source_labels[0], regex]));
  const partOf = kustomization.labels[0]?.pairs["app.kubernetes.io/part-of"];
  expect(wanted.get("__meta_kubernetes_pod_label_app_kubernetes_io_part_of")).toBe(partOf);
  const port = wanted.get("__meta_kubernetes_pod_container_port_name");
  for (const deployment of deployments)
    expect(containerOf(deployment).ports?.map(({ name }) => name)).toEqual([port]);
});

test("alerts ask for metrics that there are", async () => {
  const asked = metricsIn(await Bun.file(join(directory, "alerts.yml")).text());
  const made = await readMetricDefinitions();
  expect(asked.filter((name) => !made.has(name))).toEqual([]);
});
