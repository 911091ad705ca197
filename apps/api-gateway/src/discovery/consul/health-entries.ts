import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { DiscoveredTarget } from "../discovery.ts";

const locality = Type.Optional(
  Type.Union([Type.Null(), Type.Object({ Zone: Type.Optional(Type.String()) })]),
);
const meta = Type.Optional(Type.Union([Type.Null(), Type.Record(Type.String(), Type.String())]));

/** The used part of an entry of `/v1/health/service`. */
const entrySchema = Type.Object({
  Node: Type.Object({ Address: Type.String(), Meta: meta, Locality: locality }),
  Service: Type.Object({
    Address: Type.Optional(Type.String()),
    Port: Type.Integer(),
    Weights: Type.Optional(Type.Object({ Passing: Type.Integer(), Warning: Type.Integer() })),
    Meta: meta,
    Locality: locality,
  }),
  Checks: Type.Array(Type.Object({ Status: Type.String() })),
});

const entriesSchema = Type.Array(entrySchema);

export type HealthEntry = Static<typeof entrySchema>;

export function readEntries(json: unknown): readonly HealthEntry[] {
  if (Value.Check(entriesSchema, json)) return json;
  throw new Error("Consul's response is not a list of instances");
}

export interface EntryOptions {
  readonly including: "passing" | "warning";
  readonly protocol: "http" | "https";
  readonly serverName?: string;
}

/** The worst check is the instance's own; one in maintenance has a critical one. One without a port, which Consul gives as 0, cannot be reached. */
export function targetsOf(entries: readonly HealthEntry[], options: EntryOptions): DiscoveredTarget[] {
  return entries.flatMap((entry) => {
    if (entry.Service.Port === 0) return [];
    const statuses = entry.Checks.map(({ Status }) => Status);
    const isPassing = statuses.every((status) => status === "passing");
    const isWarning = statuses.every((status) => status === "passing" || status === "warning");
    if (!isPassing && !(options.including === "warning" && isWarning)) return [];
    const weights = entry.Service.Weights ?? { Passing: 1, Warning: 1 };
    return [targetOf(entry, isPassing ? weights.Passing : weights.Warning, options)];
  });
}

function targetOf(
  { Node, Service }: HealthEntry,
  weight: number,
  { protocol, serverName }: EntryOptions,
): DiscoveredTarget {
  const host = Service.Address === undefined || Service.Address === "" ? Node.Address : Service.Address;
  const id = host.includes(":") ? `[${host}]:${Service.Port}` : `${host}:${Service.Port}`;
  return {
    upstream: { id, protocol, host, port: Service.Port, ...(serverName === undefined ? {} : { serverName }) },
    weight,
    priority: 0,
    zone:
      Service.Locality?.Zone ?? Node.Locality?.Zone ?? Service.Meta?.["zone"] ?? Node.Meta?.["zone"] ?? null,
  };
}
