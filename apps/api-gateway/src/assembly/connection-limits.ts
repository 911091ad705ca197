import type { ConnectionLimits } from "@libs/http1";
import type { GatewayConfig } from "../config/schema.ts";

/** Idle ones take about 3 KB each: more than there are files to open, on most machines. */
const connectionsMax = 50_000;

/** How many connections the gateway's listener takes. The admin port is another listener, and has room whatever comes here. */
export function connectionLimitsOf({ server }: GatewayConfig): ConnectionLimits {
  return {
    all: server.maxConnections ?? connectionsMax,
    ofAddress: server.maxConnectionsPerAddress ?? Number.POSITIVE_INFINITY,
  };
}
