import { createEventLog, type EventLog } from "@libs/testing";

export interface Endpoint {
  readonly address: string;
  readonly ready?: boolean | null;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly zone?: string;
}

export interface Slice {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  readonly service?: string;
}

export interface KubernetesQuery {
  readonly kind: "list" | "watch";
  readonly path: string;
  readonly params: URLSearchParams;
  readonly authorization: string | null;
}

export interface KubernetesServer extends AsyncDisposable {
  readonly url: string;
  readonly queries: EventLog<KubernetesQuery>;
  /** Creates or changes a slice: watches hear of it. */
  put(slice: Slice): void;
  remove(name: string): void;
  /** Tells watches the present version, as the API server does about once a minute. */
  bookmark(): void;
  /** Forgets the past: a watch from an older version is answered 410, those under way with an ERROR event. */
  compact(): void;
  /** Ends all watches in good order. */
  endWatches(): void;
  isFailing: boolean;
  /** Items to a page of a list, whatever was asked for. */
  pageSize: number;
}

interface Event {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: object;
  readonly version: number;
}

interface Watcher {
  readonly send: (event: Event) => void;
  readonly end: () => void;
}

export interface KubernetesOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Speaks the API server's list and watch of EndpointSlices: versions, pages, bookmarks, 410 Gone, ends of watches. */
export function startKubernetesServer(options: KubernetesOptions = {}): KubernetesServer {
  const queries = createEventLog<KubernetesQuery>();
  const slices = new Map<string, { slice: Slice; version: number }>();
  const watchers = new Set<Watcher>();
  let history: Event[] = [];
  let version = 100;
  let oldest = 0;

  function happen(type: Event["type"], object: object): void {
    const event = { type, object, version };
    history.push(event);
    for (const watcher of watchers) watcher.send(event);
  }

  function list(params: URLSearchParams): Response {
    const selected = selectorOf(params);
    const all = [...slices.values()].filter(({ slice }) => serviceOf(slice) === selected);
    const from = Number(params.get("continue") ?? 0);
    const size = Math.min(server.pageSize, Number(params.get("limit") ?? server.pageSize));
    const page = all.slice(from, from + size);
    const more = from + size < all.length ? `${from + size}` : undefined;
    return Response.json({
      kind: "EndpointSliceList",
      apiVersion: "discovery.k8s.io/v1",
      metadata: { resourceVersion: `${version}`, ...(more === undefined ? {} : { continue: more }) },
      items: page.map((entry) => objectOf(entry.slice, entry.version)),
    });
  }

  function watch(params: URLSearchParams, signal: AbortSignal): Response {
    const from = Number(params.get("resourceVersion"));
    if (from < oldest) return status(410, "Expired", `too old resource version: ${from} (${oldest})`);
    const selected = selectorOf(params);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const encoder = new TextEncoder();
        const watcher: Watcher = {
          send({ type, object }) {
            if ("metadata" in object && type !== "BOOKMARK" && serviceOfObject(object) !== selected) return;
            const line = encoder.encode(`${JSON.stringify({ type, object })}\n`);
            // In two pieces: a line need not come whole.
            controller.enqueue(line.slice(0, 7));
            controller.enqueue(line.slice(7));
          },
          end() {
            if (watchers.delete(watcher)) controller.close();
          },
        };
        watchers.add(watcher);
        controller.enqueue(encoder.encode("\n"));
        for (const event of history) if (event.version > from) watcher.send(event);
        signal.addEventListener("abort", () => watchers.delete(watcher));
      },
    });
    return new Response(body, { headers: { "content-type": "application/json" } });
  }

  const listener = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const kind = searchParams.get("watch") === "1" ? "watch" : "list";
      const authorization = request.headers.get("authorization");
      queries.push({ kind, path: pathname, params: searchParams, authorization });
      if (server.isFailing) return status(500, "InternalError", "etcdserver: no leader");
      return kind === "list" ? list(searchParams) : watch(searchParams, request.signal);
    },
  });

  const server: KubernetesServer = {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${listener.port}`,
    queries,
    isFailing: false,
    pageSize: 500,
    put(slice) {
      version += 1;
      const type = slices.has(slice.name) ? "MODIFIED" : "ADDED";
      slices.set(slice.name, { slice, version });
      happen(type, objectOf(slice, version));
    },
    remove(name) {
      const entry = slices.get(name);
      if (entry === undefined) return;
      version += 1;
      slices.delete(name);
      happen("DELETED", objectOf(entry.slice, version));
    },
    bookmark() {
      happen("BOOKMARK", {
        kind: "EndpointSlice",
        metadata: { resourceVersion: `${version}`, creationTimestamp: null },
      });
      history = history.filter(({ type }) => type !== "BOOKMARK");
    },
    compact() {
      version += 1;
      oldest = version;
      history = [];
      const gone = {
        kind: "Status",
        status: "Failure",
        reason: "Expired",
        code: 410,
        message: "too old resource version",
      };
      for (const watcher of watchers) {
        watcher.send({ type: "ERROR", object: gone, version });
        watcher.end();
      }
    },
    endWatches() {
      for (const watcher of watchers) watcher.end();
    },
    async [Symbol.asyncDispose]() {
      await listener.stop(true);
    },
  };
  return server;
}

function status(code: number, reason: string, message: string): Response {
  return Response.json(
    { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message },
    { status: code },
  );
}

function selectorOf(params: URLSearchParams): string {
  return (params.get("labelSelector") ?? "").replace("kubernetes.io/service-name=", "");
}

function serviceOf({ service = "shop" }: Slice): string {
  return service;
}

function serviceOfObject(object: object): unknown {
  const metadata: unknown = Reflect.get(object, "metadata");
  const labels: unknown =
    typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "labels") : null;
  return typeof labels === "object" && labels !== null
    ? Reflect.get(labels, "kubernetes.io/service-name")
    : null;
}

function objectOf(slice: Slice, version: number): object {
  return {
    kind: "EndpointSlice",
    apiVersion: "discovery.k8s.io/v1",
    metadata: {
      name: slice.name,
      namespace: "shop",
      resourceVersion: `${version}`,
      labels: { "kubernetes.io/service-name": serviceOf(slice) },
    },
    addressType: "IPv4",
    endpoints: slice.endpoints.map(({ address, ready = true, serving, terminating, zone }) => ({
      addresses: [address],
      conditions: {
        ...(ready === null ? {} : { ready }),
        serving: serving ?? ready,
        terminating: terminating ?? false,
      },
      targetRef: { kind: "Pod", name: `pod-${address}` },
      ...(zone === undefined ? {} : { zone }),
    })),
    ports: (slice.ports ?? [{ name: "http", port: 8080 }]).map((port) => ({ protocol: "TCP", ...port })),
  };
}
