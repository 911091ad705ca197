/**
 * How a gauge of several workers is merged: the `sum`; the `least` or the `greatest`, if all workers observe the same thing and the worst
 * must show; or each `apart`, with a label `worker`.
 */
export type Meaning = "sum" | "least" | "greatest" | "apart";

/** Every gauge of the gateway. Gauges that are missing here are reported per worker, which is never wrong. */
export const gaugeMeanings: Readonly<Record<string, Meaning>> = {
  cartway_build_info: "greatest",
  cartway_cache_bytes: "sum",
  cartway_cache_entries: "sum",
  cartway_canary_active: "least",
  // two hashes show as two series
  cartway_config_info: "greatest",
  cartway_config_last_reload_successful: "least",
  cartway_config_loaded_timestamp_seconds: "greatest",
  cartway_discovery_up: "least",
  cartway_event_loop_delay_seconds: "apart",
  cartway_gateway_requests_in_flight: "sum",
  cartway_hub_broker_up: "least",
  cartway_hub_connections: "sum",
  cartway_hub_frames_in_flight: "sum",
  cartway_hub_queue_bytes: "sum",
  cartway_hub_rooms: "sum",
  cartway_process_max_fds: "apart",
  cartway_process_memory_bytes: "apart",
  cartway_process_open_fds: "apart",
  cartway_process_start_time_seconds: "apart",
  cartway_queue_depth: "sum",
  cartway_queue_in_flight: "sum",
  cartway_queue_limit: "sum",
  cartway_server_open_websockets: "sum",
  cartway_tls_certificate_end_timestamp_seconds: "least",
  cartway_upstream_breaker_open: "greatest",
  cartway_upstream_requests_in_flight: "sum",
  cartway_upstream_target_healthy: "least",
  // by its label `state`: see `meaningOf`
  cartway_upstream_targets: "greatest",
  cartway_websocket_tunnels_open: "sum",
  cartway_workers_up: "sum",
  cartway_workers_wanted: "sum",
};

/** Counters of the process, which describe one worker only. All others are summed. */
const countersApart: ReadonlySet<string> = new Set(["cartway_process_cpu_seconds_total"]);

export function meaningOf(
  { name, type }: { readonly name: string; readonly type: string },
  key: string,
): Meaning {
  if (type !== "gauge") return countersApart.has(name) ? "apart" : "sum";
  if (name === "cartway_upstream_targets") return key.includes('state="available"') ? "least" : "greatest";
  return gaugeMeanings[name] ?? "apart";
}
