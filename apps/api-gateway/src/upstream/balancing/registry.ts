import type { Balancer } from "./balancer.ts";
import { createLeastInFlight } from "./least-in-flight.ts";
import { createRoundRobin } from "./round-robin.ts";

/** Every balancer a service can name. */
export const balancers = {
  "round-robin": createRoundRobin,
  "least-in-flight": () => createLeastInFlight(),
} as const satisfies Readonly<Record<string, () => Balancer>>;
