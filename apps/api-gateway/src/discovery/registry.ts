import type { TSchema } from "@sinclair/typebox";
import type { DiscoveryDefinition } from "./discovery.ts";
import { consulDiscovery } from "./consul/consul.ts";
import { dnsDiscovery } from "./dns/dns.ts";
import { kubernetesDiscovery } from "./kubernetes/kubernetes.ts";
import { staticDiscovery } from "./static.ts";

/** A definition with its config type erased: the schema has checked the config before `start` gets it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place where definitions of different schemas meet
export type AnyDiscoveryDefinition = DiscoveryDefinition<any> & { readonly schema: TSchema };

/** Every discovery provider that a service can name. */
export const discoveries: Readonly<Record<string, AnyDiscoveryDefinition>> = {
  static: staticDiscovery,
  dns: dnsDiscovery,
  consul: consulDiscovery,
  kubernetes: kubernetesDiscovery,
};
