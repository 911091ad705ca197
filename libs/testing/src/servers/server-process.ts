import type { Subprocess } from "bun";

/** A private server of this run. */
export interface ServerProcess {
  readonly url: string;
  readonly process: Subprocess;
}

export interface ServerOptions {
  /** The server's own directory: empty, or with the data of an earlier run of it. */
  readonly directory: string;
  /** Whether confirmed writes survive a power loss, as in production; faster without. */
  readonly durable: boolean;
  /** Any free port by default. */
  readonly port?: number;
}
