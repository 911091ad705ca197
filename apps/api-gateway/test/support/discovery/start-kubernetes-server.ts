import { createEventLog, type EventLog } from "@libs/testing";
import { SliceStore, type Watcher } from "./slice-store.ts";

export interface KubernetesQuery {
  readonly kind: "list" | "watch";
  readonly path: string;
  readonly params: URLSearchParams;
  readonly authorization: string | null;
}

export interface KubernetesServer extends AsyncDisposable {
  readonly url: string;
  readonly queries: EventLog<KubernetesQuery>;
  readonly slices: SliceStore;
  isFailing: boolean;
  /** Takes watches and never answers them. */
  isSilent: boolean;
  /** Items per page of a list, whatever limit was requested. */
  pageSize: number;
}

export interface KubernetesOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Speaks the API server's list and watch of EndpointSlices: versions, pages, bookmarks, 410 Gone, ends of watches. */
export function startKubernetesServer({ tls }: KubernetesOptions = {}): KubernetesServer {
  const queries = createEventLog<KubernetesQuery>();
  const slices = new SliceStore();
  const listener = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    ...(tls === undefined ? {} : { tls }),
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const kind = searchParams.get("watch") === "1" ? "watch" : "list";
      const authorization = request.headers.get("authorization");
      queries.push({ kind, path: pathname, params: searchParams, authorization });
      if (server.isFailing) return refuse(500, "InternalError", "etcdserver: no leader");
      if (kind === "watch" && server.isSilent) return new Promise<never>(() => undefined);
      return kind === "list"
        ? list(slices, searchParams, server.pageSize)
        : watch(slices, searchParams, request.signal);
    },
  });
  const server: KubernetesServer = {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${listener.port}`,
    queries,
    slices,
    isFailing: false,
    isSilent: false,
    pageSize: 500,
    [Symbol.asyncDispose]: () => listener.stop(true),
  };
  return server;
}

function list(slices: SliceStore, params: URLSearchParams, pageSize: number): Response {
  const all = slices.of(selectorOf(params));
  const from = Number(params.get("continue") ?? 0);
  const to = from + Math.min(pageSize, Number(params.get("limit") ?? pageSize));
  const more = to < all.length ? { continue: `${to}`, remainingItemCount: all.length - to } : {};
  return Response.json({
    kind: "EndpointSliceList",
    apiVersion: "discovery.k8s.io/v1",
    metadata: { resourceVersion: `${slices.version}`, ...more },
    items: all.slice(from, to),
  });
}

function watch(slices: SliceStore, params: URLSearchParams, signal: AbortSignal): Response {
  const from = Number(params.get("resourceVersion"));
  if (from < slices.oldest)
    return refuse(410, "Expired", `too old resource version: ${from} (${slices.oldest})`);
  const selected = selectorOf(params);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const watcher: Watcher = {
        send({ type, object, service }) {
          if (service !== null && service !== selected) return;
          const line = encoder.encode(`${JSON.stringify({ type, object })}\n`);
          // In two pieces, because a line may arrive in parts.
          controller.enqueue(line.slice(0, 7));
          controller.enqueue(line.slice(7));
        },
        end() {
          if (slices.watchers.delete(watcher)) controller.close();
        },
      };
      slices.watchers.add(watcher);
      controller.enqueue(encoder.encode("\n"));
      for (const event of slices.since(from)) watcher.send(event);
      signal.addEventListener("abort", () => slices.watchers.delete(watcher));
    },
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}

function refuse(code: number, reason: string, message: string): Response {
  return Response.json(
    { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message },
    { status: code },
  );
}

function selectorOf(params: URLSearchParams): string {
  return (params.get("labelSelector") ?? "").replace("kubernetes.io/service-name=", "");
}
