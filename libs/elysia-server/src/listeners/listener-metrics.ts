import type { Metrics } from "@libs/monitoring";

/** Metrics of a listener's connections. */
export function createListenerMetrics(metrics: Metrics) {
  return {
    failedHandlers: metrics.counter({
      name: "cartway_server_websocket_failures_total",
      help: "Handlers of WebSockets that failed: each is a fault of the app's, and is in the log.",
    }),
    openSockets: metrics.gauge({
      name: "cartway_server_open_websockets",
      help: "WebSockets that are open on the app's listener.",
    }),
    endedConnections: metrics.counter({
      name: "cartway_server_ended_connections_total",
      help: "Connections that the listener ended before their time: refused, late-head, late-body, stalled, broken-answer, turned-away.",
      labels: ["reason"],
    }),
  };
}
