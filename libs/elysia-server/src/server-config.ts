import type { EnvironmentOf } from "./environment/environment-schema.ts";
import type { serverEnvironment } from "./environment/server-environment.ts";
import type { DrainOptions } from "./lifecycle/drain.ts";
import type { TlsSettings } from "./tls-settings.ts";

export type PortSharing = "first" | "joined";

/** What every app's config has in common: where it listens, what it says that it is, how it ends. */
export interface ServerConfig {
  /** 0 takes a free one; `null` does not listen: `fetch` is called by someone else. */
  readonly port: number | null;
  /** The variable that sets the port, told where it cannot be opened; `PORT` by default. */
  readonly portSetting?: string;
  /** `0.0.0.0` by default. */
  readonly hostname?: string;
  readonly version: string;
  /** Git commit and build time, from the environment of the build. */
  readonly commit?: string | null;
  readonly builtAt?: string | null;
  readonly drain?: Partial<DrainOptions>;
  /** Plain http where absent. */
  readonly tls?: TlsSettings;
  /**
   * The port is for several processes, and the kernel spreads connections over them: as the `first`, for whom a taken port is an
   * error, or with those that have it. For this process alone where absent.
   */
  readonly portSharing?: PortSharing;
}

/** That part of an app's config, from the variables that every app reads. */
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
