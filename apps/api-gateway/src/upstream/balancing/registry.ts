import type { TSchema } from "@sinclair/typebox";
import type { BalancerDefinition } from "./balancer.ts";
import { consistentHash } from "./consistent-hash.ts";
import { leastInFlight } from "./least-in-flight.ts";
import { leastRtt } from "./least-rtt.ts";
import { locality } from "./locality.ts";
import { roundRobin } from "./round-robin.ts";

/** A definition with its config type erased: the schema has checked the config before `create` gets it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place where definitions of different schemas meet
export type AnyBalancerDefinition = BalancerDefinition<any> & { readonly schema: TSchema };

/** Every balancer that a service can name. */
export const balancers: Readonly<Record<string, AnyBalancerDefinition>> = {
  "round-robin": roundRobin,
  "least-in-flight": leastInFlight,
  "least-rtt": leastRtt,
  "consistent-hash": consistentHash,
  locality,
};
