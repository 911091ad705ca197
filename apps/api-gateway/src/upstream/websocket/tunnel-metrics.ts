import type { Counter, Metrics } from "@libs/monitoring";
import { closeCodeLabel } from "../../telemetry/close-code-label.ts";

export type Direction = "to_service" | "to_client";

/** The metrics of one route's WebSockets, with labels bound in advance. */
export interface TunnelMetrics {
  opened(): void;
  /** @param code the close code sent to or by the client; 1006 if it vanished. */
  closed(code: number, by: "client" | "service" | "gateway", seconds: number): void;
  message(direction: Direction, bytes: number): void;
  heldBack(direction: Direction): void;
}

export type TunnelMetricsFactory = (route: string, service: string) => TunnelMetrics;

const none: ReadonlySet<number> = new Set();

export function createTunnelMetrics(metrics: Metrics): TunnelMetricsFactory {
  const open = metrics.gauge({
    name: "cartway_websocket_tunnels_open",
    help: "WebSockets that are open through a route.",
    labels: ["route", "service"],
  });
  const closes = metrics.counter({
    name: "cartway_websocket_tunnels_closed_total",
    help: "Closed WebSockets by the client's close code and the side that closed them.",
    labels: ["route", "service", "code", "by"],
  });
  const lifetimes = metrics.histogram({
    name: "cartway_websocket_tunnel_duration_seconds",
    help: "How long WebSockets were open.",
    labels: ["route", "service"],
    buckets: [1, 10, 60, 300, 1800, 7200, 43_200],
  });
  const labels = ["route", "service", "direction"] as const;
  const messages = metrics.counter({
    name: "cartway_websocket_tunnel_messages_total",
    help: "Messages that were passed on.",
    labels,
  });
  const bytes = metrics.counter({
    name: "cartway_websocket_tunnel_bytes_total",
    help: "Bytes of the messages that were passed on.",
    labels,
  });
  const holds = metrics.counter({
    name: "cartway_websocket_tunnel_holds_total",
    help: "Times that a sender was held back because the other side read slowly.",
    labels,
  });
  return (route, service) => {
    const here = { route, service };
    const both = (of: { with(labels: typeof here & { direction: string }): Counter }) => ({
      to_service: of.with({ ...here, direction: "to_service" }),
      to_client: of.with({ ...here, direction: "to_client" }),
    });
    const counted = { messages: both(messages), bytes: both(bytes), holds: both(holds) };
    const openHere = open.with(here);
    const lifetime = lifetimes.with(here);
    return {
      opened: () => openHere.inc(),
      closed(code, by, seconds) {
        openHere.dec();
        lifetime.observe(seconds);
        const label = by === "client" ? closeCodeLabel(code, none) : String(code);
        closes.with({ ...here, code: label, by }).inc();
      },
      message(direction, size) {
        counted.messages[direction].inc();
        counted.bytes[direction].inc(size);
      },
      heldBack: (direction) => counted.holds[direction].inc(),
    };
  };
}
