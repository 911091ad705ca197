import type { Metrics } from "@libs/monitoring";

export type ClaimOutcome = "claimed" | "empty";
export type LoginRefusal = "credentials" | "code" | "throttled" | "state";

export interface FleetMetrics {
  /** A command reached a state. */
  command(state: string, count?: number): void;
  claim(outcome: ClaimOutcome, seconds: number): void;
  refusedLogin(reason: LoginRefusal): void;
  heartbeat(): void;
  heartbeatsDropped(count: number): void;
  heartbeatsWaiting(count: number): void;
  notPublished(): void;
}

export function createFleetMetrics(metrics: Metrics): FleetMetrics {
  const commands = metrics.counter({
    name: "cartway_fleet_commands_total",
    help: "Moves of commands by the state they came to.",
    labels: ["state"],
  });
  const claims = metrics.histogram({
    name: "cartway_fleet_claim_duration_seconds",
    help: "To claim commands, the record of the claim included.",
    labels: ["outcome"],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
  });
  const refused = metrics.counter({
    name: "cartway_fleet_refused_logins_total",
    help: "Registrations and logins of devices that were refused.",
    labels: ["reason"],
  });
  const heartbeats = metrics.counter({
    name: "cartway_fleet_heartbeats_total",
    help: "Heartbeats of devices.",
  });
  const dropped = metrics.counter({
    name: "cartway_fleet_heartbeats_dropped_total",
    help: "Heartbeats whose metrics were given up because ClickHouse was away for too long.",
  });
  const waiting = metrics.gauge({
    name: "cartway_fleet_heartbeats_waiting",
    help: "Heartbeats that wait to be written.",
  });
  const notPublished = metrics.counter({
    name: "cartway_fleet_live_failures_total",
    help: "Live messages that did not reach the hub.",
  });
  return {
    command: (state, count = 1) => commands.with({ state }).inc(count),
    claim: (outcome, seconds) => claims.with({ outcome }).observe(seconds),
    refusedLogin: (reason) => refused.with({ reason }).inc(),
    heartbeat: () => heartbeats.inc(),
    heartbeatsDropped: (count) => dropped.inc(count),
    heartbeatsWaiting: (count) => waiting.set(count),
    notPublished: () => notPublished.inc(),
  };
}
