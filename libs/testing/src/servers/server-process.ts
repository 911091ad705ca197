import type { Subprocess } from "bun";

/** A private server of this run. */
export interface ServerProcess {
  readonly url: string;
  readonly process: Subprocess;
}

export interface ServerOptions {
  /** Of the server's own, empty; or what the same server left there. */
  readonly directory: string;
  /** Whether what it has confirmed survives a loss of power, as in production; faster without. */
  readonly durable: boolean;
  /** A free one where absent. */
  readonly port?: number;
}
