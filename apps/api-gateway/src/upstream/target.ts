import type { UpstreamTarget } from "../model/upstream.ts";

/** One address of a service with its present state. Mutable: the balancer, the checks and requests in flight share it. */
export interface Target {
  readonly upstream: UpstreamTarget;
  readonly weight: number;
  inFlight: number;
  /** False while active checks fail. */
  healthy: boolean;
}

/** The target of a static address: `http://127.0.0.1:3001`. */
export function createTarget(url: string, weight: number): Target {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const upstream: UpstreamTarget = {
    id: `${hostname}:${port === "" ? (isTls ? 443 : 80) : port}`,
    protocol: isTls ? "https" : "http",
    host,
    port: port === "" ? (isTls ? 443 : 80) : Number(port),
  };
  return { upstream, weight, inFlight: 0, healthy: true };
}
