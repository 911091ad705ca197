import { createEventLog, type EventLog } from "@libs/testing";

export interface ConsulInstance {
  readonly address: string;
  readonly port: number;
  readonly status?: "passing" | "warning" | "critical";
  readonly weights?: { readonly Passing: number; readonly Warning: number };
  readonly meta?: Readonly<Record<string, string>>;
}

export interface ConsulQuery {
  readonly path: string;
  readonly params: URLSearchParams;
  readonly token: string | null;
}

export interface ConsulServer extends AsyncDisposable {
  readonly url: string;
  readonly queries: EventLog<ConsulQuery>;
  /** Changes the service, which ends the queries that wait for it. `index` as a restored server might set it. */
  set(instances: readonly ConsulInstance[], index?: number): void;
  /** Ends the queries that wait, without a change. */
  endWaits(): void;
  /** The answer about the leader. */
  leader: { known: boolean; lastContactMs: number };
  /** Answers as a server without a leader does. */
  isFailing: boolean;
  /** Never answers. */
  isSilent: boolean;
  /** Leaves everything out, as for a token that may not read the service. */
  isFiltered: boolean;
  /** The index in the header instead of the true one, for servers that are wrong about it. */
  toldIndex: number | null;
}

export interface ConsulTls {
  readonly cert: string;
  readonly key: string;
}

/** Speaks Consul's `/v1/health/service/:name` with blocking queries, as its documentation and its own clients have it. */
export function startConsulServer(tls: ConsulTls | null = null): ConsulServer {
  const queries = createEventLog<ConsulQuery>();
  const waiting = new Set<() => void>();
  let instances: readonly ConsulInstance[] = [];
  let index = 10;

  function changed(atLeast: number, waitMs: number, signal: AbortSignal): Promise<void> {
    if (index > atLeast) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(finish, waitMs);
      function finish(): void {
        clearTimeout(timer);
        waiting.delete(finish);
        resolve();
      }
      waiting.add(finish);
      signal.addEventListener("abort", finish, { once: true });
    });
  }

  const listener = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    ...(tls === null ? {} : { tls }),
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      queries.push({ path: pathname, params: searchParams, token: request.headers.get("x-consul-token") });
      if (server.isSilent) await new Promise(() => undefined);
      const asked = searchParams.get("index");
      const wait = /^(\d+)ms$/.exec(searchParams.get("wait") ?? "");
      if (!server.isFailing && asked !== null)
        await changed(Number(asked), Number(wait?.[1] ?? 300_000), request.signal);
      if (server.isFailing) return new Response("No cluster leader", { status: 500 });
      const onlyPassing = searchParams.has("passing");
      const shown = instances.filter(({ status = "passing" }) => !onlyPassing || status === "passing");
      const isStale = searchParams.has("stale");
      return Response.json(server.isFiltered ? [] : shown.map(entryOf), {
        headers: {
          ...(server.isFiltered ? { "x-consul-results-filtered-by-acls": "true" } : {}),
          "x-consul-index": `${server.toldIndex ?? index}`,
          "x-consul-knownleader": `${!isStale || server.leader.known}`,
          "x-consul-lastcontact": `${isStale ? server.leader.lastContactMs : 0}`,
        },
      });
    },
  });

  const server: ConsulServer = {
    url: `${tls === null ? "http" : "https"}://127.0.0.1:${listener.port}`,
    queries,
    leader: { known: true, lastContactMs: 0 },
    isFailing: false,
    isSilent: false,
    isFiltered: false,
    toldIndex: null,
    endWaits() {
      for (const finish of waiting) finish();
    },
    set(next, at = index + 1) {
      instances = next;
      index = at;
      server.endWaits();
    },
    async [Symbol.asyncDispose]() {
      server.endWaits();
      await listener.stop(true);
    },
  };
  return server;
}

/** An entry with more fields than anybody reads, as Consul gives them. */
function entryOf({ address, port, status = "passing", weights, meta }: ConsulInstance) {
  const id = `${address}-${port}`;
  return {
    Node: {
      ID: crypto.randomUUID(),
      Node: "n1",
      Address: "192.0.2.1",
      Datacenter: "dc1",
      Meta: { zone: "node-zone" },
    },
    Service: {
      ID: id,
      Service: "shop",
      Tags: ["v1"],
      Address: address,
      Port: port,
      Weights: weights ?? { Passing: 1, Warning: 1 },
      Meta: meta ?? null,
      EnableTagOverride: false,
      CreateIndex: 1,
      ModifyIndex: 1,
    },
    Checks: [
      { Node: "n1", CheckID: "serfHealth", Name: "Serf Health Status", Status: "passing", Output: "alive" },
      { Node: "n1", CheckID: `service:${id}`, Name: "Service check", Status: status, Output: "" },
    ],
  };
}
