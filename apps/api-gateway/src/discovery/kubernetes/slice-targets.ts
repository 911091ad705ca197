import type { DiscoveredTarget } from "../discovery.ts";
import type { EndpointSlice } from "./slices.ts";

export interface SliceOptions {
  readonly port?: string | number;
  readonly protocol: "http" | "https";
  readonly serverName?: string;
}

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

/**
 * The targets of a service's slices. Terminating endpoints that still serve are used only while none is ready, as in kube-proxy. An
 * endpoint in two slices, as happens while it moves, counts once.
 */
export function targetsOf(slices: readonly EndpointSlice[], options: SliceOptions): DiscoveredTarget[] {
  const byId = new Map<string, DiscoveredTarget>();
  for (const slice of slices) {
    const port = portOf(slice, options.port);
    if (port === null) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const target = targetOf(endpoint, port, options);
      if (target === null) continue;
      const known = byId.get(target.upstream.id);
      if (known === undefined || target.priority < known.priority) byId.set(target.upstream.id, target);
    }
  }
  return [...byId.values()];
}

/** The ports there are, where none of the slices with endpoints has the wanted one; none where one has. */
export function portsInstead(slices: readonly EndpointSlice[], wanted: SliceOptions["port"]): string[] {
  const filled = slices.filter(({ endpoints }) => (endpoints ?? []).length > 0);
  if (filled.some((slice) => portOf(slice, wanted) !== null)) return [];
  const offered = filled.flatMap(({ ports }) =>
    (ports ?? []).map(({ name, port }) => `${name ?? ""} ${port ?? ""}`),
  );
  return [...new Set(offered)].toSorted();
}

/** All addresses of an endpoint belong to one pod; the first is used. */
function targetOf(
  { addresses, conditions, zone }: Endpoint,
  port: number,
  { protocol, serverName }: SliceOptions,
): DiscoveredTarget | null {
  const [host] = addresses;
  // unknown readiness counts as ready, as the API requires
  const isReady = conditions?.ready ?? true;
  const isLeaving = conditions?.terminating === true && conditions.serving === true;
  if (host === undefined || !(isReady || isLeaving)) return null;
  const id = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return {
    upstream: { id, protocol, host, port, ...(serverName === undefined ? {} : { serverName }) },
    weight: 1,
    priority: isReady ? 0 : 1,
    zone: zone ?? null,
  };
}

function portOf({ ports }: EndpointSlice, wanted: string | number | undefined): number | null {
  const usable = (ports ?? []).filter(
    ({ protocol }) => protocol === undefined || protocol === null || protocol === "TCP",
  );
  const chosen =
    wanted === undefined
      ? usable.length === 1
        ? usable[0]
        : undefined
      : usable.find(({ name, port }) => (typeof wanted === "number" ? port === wanted : name === wanted));
  return chosen?.port ?? null;
}
