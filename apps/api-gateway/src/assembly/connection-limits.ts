import type { BodyRate, ConnectionLimits } from "@libs/http1";
import type { GatewayConfig } from "../config/schema.ts";

/** Idle connections take about 3 KB each; on most machines the limit on open files is lower. */
const connectionsMax = 50_000;

/** Bounds the connections of the gateway's listener. The admin port has a listener of its own, which stays reachable. */
export function connectionLimitsOf({ server }: GatewayConfig): ConnectionLimits {
  return {
    all: server.maxConnections ?? connectionsMax,
    ofAddress: server.maxConnectionsPerAddress ?? Number.POSITIVE_INFINITY,
  };
}

/** For every request, so that a client that sends a few bytes now and then cannot hold what others wait for. */
export function bodyRateOf({ server }: GatewayConfig): BodyRate {
  const { bytesPerSecMin, windowMs } = server.bodyRate;
  return { bytesPerSecMin, windowSeconds: windowMs / 1000 };
}
