import type { ConnectionLimits } from "@libs/http1";
import type { GatewayConfig } from "./config/schema.ts";

/** Idle ones take about 3 KB each: more than there are files to open, on most machines. */
const connectionsMax = 50_000;

/** How many connections the gateway's listener takes. The admin port is another listener, and has room whatever comes here. */
export function connectionLimitsOf({ server }: GatewayConfig): ConnectionLimits {
  return {
    all: server.maxConnections ?? connectionsMax,
    ofAddress: server.maxConnectionsPerAddress ?? Number.POSITIVE_INFINITY,
  };
}

/** Whether a listener that ends TLS has to count its connections, which costs more than not to. */
export function countsBehindTls({ server }: GatewayConfig): boolean {
  return server.maxConnections !== undefined || server.maxConnectionsPerAddress !== undefined;
}

/** @throws Error where a limit would be held by nobody: a listener that was opened without counting does not begin to. */
export function checkConnectionLimits(counted: boolean, config: GatewayConfig): void {
  if (config.server.tls === undefined || counted || !countsBehindTls(config)) return;
  throw new Error(
    "server.maxConnections, server.maxConnectionsPerAddress: with TLS connections are counted from a restart on only",
  );
}
