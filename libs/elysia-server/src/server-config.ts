import type { EnvironmentOf } from "./environment/environment-schema.ts";
import type { serverEnvironment } from "./environment/server-environment.ts";
import type { DrainOptions } from "./lifecycle/drain.ts";
import type { TlsSettings } from "./tls-settings.ts";

export type PortSharing = "first" | "joined";

/** The part of an app's config that all apps share. */
export interface ServerConfig {
  /** 0 for any free port; `null` opens none, and `fetch` is called by other code. */
  readonly port: number | null;
  /** The environment variable that sets the port, for the error when it cannot be opened; `PORT` by default. */
  readonly portSetting?: string;
  /** `0.0.0.0` by default. */
  readonly hostname?: string;
  readonly version: string;
  /** Git commit and build time, set by the build. */
  readonly commit?: string | null;
  readonly builtAt?: string | null;
  readonly drain?: Partial<DrainOptions>;
  /** Plain http where absent. */
  readonly tls?: TlsSettings;
  /**
   * Shares the port among several processes; the kernel distributes connections. `first` refuses a port that is in use, the others join
   * it. Absent for a single process.
   */
  readonly portSharing?: PortSharing;
}

/** The shared part of an app's config, from the common environment variables. */
export function serverSettings(
  env: EnvironmentOf<ReturnType<typeof serverEnvironment>>,
  version: string,
): ServerConfig {
  return {
    port: env.PORT,
    hostname: env.HOST,
    version,
    commit: env.GIT_COMMIT,
    builtAt: env.BUILD_TIME,
    drain: { noticeMs: env.DRAIN_NOTICE_MS, deadlineMs: env.DRAIN_DEADLINE_MS },
  };
}
