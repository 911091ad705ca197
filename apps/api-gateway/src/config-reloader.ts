import { CartwayError } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import { ConfigError } from "./config/config-error.ts";
import type { LocatedIssue } from "./config/document/load-document.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { SnapshotHolder } from "./pipeline/snapshot-holder.ts";

export type ReloadResult =
  | { readonly outcome: "applied"; readonly hash: string; readonly previousHash: string }
  /** Nothing was changed. */
  | { readonly outcome: "refused"; readonly problem: string; readonly issues: readonly LocatedIssue[] };

export interface ConfigReloaderParts {
  /** Reads, merges and checks the config anew; `null` where nobody knows how. */
  readonly load: (() => Promise<GatewayConfig>) | null;
  /** Rejects, changing nothing, where the config cannot be used. */
  readonly apply: (config: GatewayConfig) => Promise<void>;
  /** Keeps count of what was refused. */
  readonly snapshots: Pick<SnapshotHolder, "refused" | "status">;
  readonly logger: Logger;
}

export interface ConfigReloader {
  /** Swaps to a checked config. Rejects, changing nothing, where it cannot be used. */
  readonly apply: (config: GatewayConfig) => Promise<void>;
  /**
   * Reads the config anew and swaps to it: one at a time, in the order of the calls. What cannot be used changes nothing and
   * is logged and counted. Rejects with `not_implemented` alone.
   */
  readonly reload: (reason: string) => Promise<ReloadResult>;
}

/** Takes up a changed config, whoever asks for it: a changed file, SIGHUP, the admin port. */
export function createConfigReloader({
  load,
  apply,
  snapshots,
  logger,
}: ConfigReloaderParts): ConfigReloader {
  let last: Promise<unknown> = Promise.resolve();

  async function reloadOnce(read: () => Promise<GatewayConfig>, reason: string): Promise<ReloadResult> {
    const previousHash = snapshots.status.hash;
    try {
      await apply(await read());
    } catch (thrown) {
      const problem = problemOf(thrown);
      snapshots.refused(problem);
      logger.error({ reason, problem }, "the config was not reloaded");
      return { outcome: "refused", problem, issues: thrown instanceof ConfigError ? thrown.issues : [] };
    }
    const { hash } = snapshots.status;
    logger.info({ reason, hash, previousHash }, "the config was reloaded");
    return { outcome: "applied", hash, previousHash };
  }

  return {
    async apply(config) {
      try {
        await apply(config);
      } catch (thrown) {
        snapshots.refused(problemOf(thrown));
        throw thrown;
      }
    },
    async reload(reason) {
      if (load === null)
        throw new CartwayError("not_implemented", { message: "There is no config file to reload." });
      const mine = last.then(() => reloadOnce(load, reason));
      last = mine;
      return await mine;
    },
  };
}

function problemOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
