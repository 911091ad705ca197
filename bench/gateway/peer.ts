/** What a peer has to do: send `GET /r<N>/...` for every N below `routes` to the one upstream, over keep-alive. */
export interface PeerJob {
  readonly upstreamPort: number;
  /** 1 is the plain proxy; more are told apart by the first path segment. */
  readonly routes: number;
  readonly port: number;
  /** A directory of the peer's own, gone after the run. */
  readonly directory: string;
}

export interface Peer {
  readonly name: string;
  /** Why it cannot run here, or `null`. */
  missing(): string | null;
  /** Writes the peer's config for the job and gives the command that serves it in the foreground. */
  prepare(job: PeerJob): Promise<readonly string[]>;
}

/** The path prefixes of a job's routes, the same for every peer. */
export function routePrefixes(routes: number): string[] {
  return Array.from({ length: routes }, (_, index) => `/r${index}`);
}
