import type { Metrics } from "./metrics.ts";

export interface BuildInfo {
  readonly service: string;
  readonly version?: string;
  readonly commit?: string;
}

/** The usual info metric, for joins with any series of the same target. */
export function declareBuildInfo(metrics: Pick<Metrics, "gauge">, build: BuildInfo): void {
  const info = metrics.gauge({
    name: "cartway_build_info",
    help: "Always 1; the labels say what runs.",
    labels: ["app", "version", "commit", "bun"],
  });
  const { service, version = "unknown", commit = "unknown" } = build;
  info.with({ app: service, version, commit, bun: Bun.version }).set(1);
}
