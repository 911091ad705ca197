import type { Metrics } from "@libs/monitoring";
import type { Services } from "../model/upstream/service.ts";
import { Aggregate, type AggregatePart } from "./aggregate.ts";
import type { PartOutcome } from "./part-record.ts";
import { compilePartPath } from "./part-path.ts";
import { compilePick } from "./pick-fields.ts";
import type { AggregateConfig } from "./schema.ts";

export interface AggregateDeps {
  readonly route: string;
  readonly services: Pick<Services, "get">;
  readonly metrics: Metrics;
}

/** @throws Error for an unknown service, which the config check has refused before. */
export function compileAggregate(
  { parts, bytesMax }: AggregateConfig,
  { route, services, metrics }: AggregateDeps,
): Aggregate {
  const outcomes = metrics.counter({
    name: "cartway_aggregate_parts_total",
    help: "Parts of aggregate responses by outcome: answered, failed, abandoned.",
    labels: ["route", "part", "service", "outcome"],
  });
  const compiled = Object.entries(parts).map(([name, config]): AggregatePart => {
    const service = services.get(config.service);
    if (service === undefined) throw new Error(`there is no service ${config.service}`);
    return {
      name,
      service,
      path: compilePartPath(config.path),
      timeoutMs: config.timeoutMs,
      isRequired: config.required,
      isFlat: config.flatten,
      pick: compilePick(config.pick),
      count: (outcome: PartOutcome) =>
        outcomes.with({ route, part: name, service: service.id, outcome }).inc(),
    };
  });
  return new Aggregate(compiled, bytesMax);
}
