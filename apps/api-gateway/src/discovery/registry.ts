import type { TSchema } from "@sinclair/typebox";
import type { DiscoveryDefinition } from "./discovery.ts";
import { consulDiscovery } from "./consul/consul.ts";
import { dnsDiscovery } from "./dns/dns.ts";
import { kubernetesDiscovery } from "./kubernetes/kubernetes.ts";
import { staticDiscovery } from "./static.ts";

/** A definition whose config type is known to itself only: the schema has checked the config before `start` sees it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the one place where definitions of different schemas meet
export type AnyDiscoveryDefinition = DiscoveryDefinition<any> & { readonly schema: TSchema };

/** Every way to find the targets of a service: one file, one line. */
export const discoveries: Readonly<Record<string, AnyDiscoveryDefinition>> = {
  static: staticDiscovery,
  dns: dnsDiscovery,
  consul: consulDiscovery,
  kubernetes: kubernetesDiscovery,
};
