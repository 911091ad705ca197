import type { Place } from "./measure.ts";
import type { LoadRequest } from "./wrk.ts";

/** The job of a peer: proxy `GET /r<N>/...` for every N below `routes` to the one upstream, over keep-alive. */
export interface PeerJob extends Place {
  /** 1 is the plain proxy; several are distinguished by the first path segment. */
  readonly routes: number;
  /** Processors that it may use, as processes or threads. */
  readonly workers: number;
}

export interface Peer {
  readonly name: string;
  /** Why it cannot run here, or `null`. */
  missing(): string | null;
  /** Writes the peer's config for the job and returns the command that serves it in the foreground. */
  prepare(job: PeerJob): Promise<readonly string[]>;
}

/** The path prefixes of a job's routes, the same for every peer. */
export function routePrefixes(routes: number): string[] {
  return Array.from({ length: routes }, (_, index) => `/r${index}`);
}

/** Maximum number of different paths in a load. */
const pathsMax = 1000;

/** A request to each of a job's routes, or to a thousand of them spread evenly. */
export function routeRequests(routes: number): LoadRequest[] {
  const step = Math.max(1, Math.ceil(routes / pathsMax));
  return routePrefixes(routes)
    .filter((_, index) => index % step === 0)
    .map((prefix) => ({ path: `${prefix}/items` }));
}
