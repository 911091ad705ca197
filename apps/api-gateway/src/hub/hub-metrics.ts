import type { Counter, Gauge, Histogram, Labelled, Metrics } from "@libs/monitoring";

/** The hub's metrics. Label values are paths and types of the config or closed sets, never text from clients. */
export interface HubMetrics {
  readonly connections: Labelled<"endpoint", Gauge>;
  readonly upgrades: Labelled<"endpoint" | "outcome", Counter>;
  readonly reconnects: Labelled<"endpoint", Counter>;
  readonly framesReceived: Labelled<"type" | "outcome", Counter>;
  readonly framesSent: Labelled<"type", Counter>;
  readonly ackSeconds: Labelled<"type", Histogram>;
  readonly batchFrames: Labelled<"type", Histogram>;
  readonly fanoutMembers: Histogram;
  readonly fanoutSeconds: Histogram;
  readonly rooms: Gauge;
  readonly queueBytes: Gauge;
  readonly inFlight: Gauge;
  readonly drops: Labelled<"reason", Counter>;
  readonly closes: Labelled<"code", Counter>;
  readonly recoveries: Labelled<"outcome", Counter>;
  readonly brokerUp: Gauge;
}

const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20_000, 100_000];
const delays = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export function createHubMetrics(metrics: Metrics): HubMetrics {
  return {
    connections: metrics.gauge({
      name: "cartway_hub_connections",
      help: "Open connections.",
      labels: ["endpoint"],
    }),
    upgrades: metrics.counter({
      name: "cartway_hub_upgrades_total",
      help: "Connection attempts by outcome.",
      labels: ["endpoint", "outcome"],
    }),
    reconnects: metrics.counter({
      name: "cartway_hub_reconnects_total",
      help: "Connections whose client said that it had one before.",
      labels: ["endpoint"],
    }),
    framesReceived: metrics.counter({
      name: "cartway_hub_frames_received_total",
      help: "Frames of clients by type and outcome.",
      labels: ["type", "outcome"],
    }),
    framesSent: metrics.counter({
      name: "cartway_hub_frames_sent_total",
      help: "Frames to clients.",
      labels: ["type"],
    }),
    ackSeconds: metrics.histogram({
      name: "cartway_hub_ack_seconds",
      help: "From a frame to its answer.",
      labels: ["type"],
      buckets: delays,
    }),
    batchFrames: metrics.histogram({
      name: "cartway_hub_batch_frames",
      help: "Frames sent to a service in one call.",
      labels: ["type"],
      buckets: sizes.slice(0, 10),
    }),
    fanoutMembers: metrics.histogram({
      name: "cartway_hub_fanout_members",
      help: "Connections of this instance that one publication went to.",
      buckets: sizes,
    }),
    fanoutSeconds: metrics.histogram({
      name: "cartway_hub_fanout_seconds",
      help: "Time to hand one publication to the connections of this instance.",
      buckets: delays,
    }),
    rooms: metrics.gauge({ name: "cartway_hub_rooms", help: "Channels with subscribers on this instance." }),
    queueBytes: metrics.gauge({
      name: "cartway_hub_queue_bytes",
      help: "Bytes that wait for clients to read them.",
    }),
    inFlight: metrics.gauge({
      name: "cartway_hub_frames_in_flight",
      help: "Frames that were not answered yet.",
    }),
    drops: metrics.counter({
      name: "cartway_hub_drops_total",
      help: "Frames that were dropped, by reason.",
      labels: ["reason"],
    }),
    closes: metrics.counter({
      name: "cartway_hub_closes_total",
      help: "Closed connections by code.",
      labels: ["code"],
    }),
    recoveries: metrics.counter({
      name: "cartway_hub_recoveries_total",
      help: "Rooms joined again with a position, by whether the gap could be replayed.",
      labels: ["outcome"],
    }),
    brokerUp: metrics.gauge({
      name: "cartway_hub_broker_up",
      help: "1 while other instances can be reached.",
    }),
  };
}
