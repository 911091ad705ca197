import type { AppServer } from "@libs/elysia-server";
import type { SocketAddress } from "bun";

/** A complete request, as passed between processes. */
export interface RelayedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** `null` for none. */
  readonly body: Uint8Array | null;
  /** The client's address; `null` if it has disconnected. */
  readonly peer: { readonly address: string; readonly port: number; readonly family: "IPv4" | "IPv6" } | null;
}

export interface RelayedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** @param body the request's body, `null` for none. */
export function toRelayed(
  request: Request,
  {
    url,
    body,
    peer,
  }: { readonly url: string; readonly body: Uint8Array | null; readonly peer: SocketAddress | null },
): RelayedRequest {
  const { method, headers } = request;
  return {
    method,
    url,
    headers: [...headers],
    body,
    peer: peer === null ? null : { address: peer.address, port: peer.port, family: peer.family },
  };
}

/** The request as the app sees it that answers it. */
export function fromRelayed({ method, url, headers, body }: RelayedRequest): Request {
  return new Request(url, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(body === null ? {} : { body: new Uint8Array(body) }),
  });
}

export async function toRelayedAnswer(response: Response): Promise<RelayedAnswer> {
  return { status: response.status, headers: [...response.headers], body: await response.bytes() };
}

export function fromRelayedAnswer({ status, headers, body }: RelayedAnswer): Response {
  const bodyless = status === 204 || status === 304;
  return new Response(bodyless ? null : new Uint8Array(body), {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
}

/** Replaces the listener of the request: it knows the client's address, and upgrades nothing. */
export function relayedServer(relayed: RelayedRequest): AppServer {
  return {
    hostname: "localhost",
    port: 0,
    pendingWebSockets: 0,
    requestIP: () => relayed.peer,
    upgrade: () => false,
    publish: () => 0,
  };
}
