import { CartwayError, messageOf } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import { ConfigError } from "../config-error.ts";
import type { LocatedIssue } from "../document/config-document.ts";
import type { GatewayConfig } from "../schema.ts";

export type ReloadResult =
  | { readonly outcome: "applied"; readonly hash: string; readonly previousHash: string }
  /** The running config was kept. */
  | { readonly outcome: "refused"; readonly problem: string; readonly issues: readonly LocatedIssue[] };

export interface ConfigReloaderParts {
  /** Reads, merges and checks the config again; `null` if the gateway was not started from a file. */
  readonly load: (() => Promise<GatewayConfig>) | null;
  /** Applies a checked config. MUST change nothing if it rejects. */
  readonly apply: (config: GatewayConfig) => Promise<void>;
  /** Holds the running config, and counts refused ones. */
  readonly snapshots: { readonly status: { readonly hash: string }; refused(problem: string): void };
  readonly logger: Logger;
}

export interface ConfigReloader {
  /** Applies a checked config after all earlier requests. Rejects, changing nothing, if it cannot be used. */
  readonly apply: (config: GatewayConfig) => Promise<void>;
  /**
   * Reads the config again and applies it. Reloads run one at a time, and all calls that wait for one share it. An unusable config changes
   * nothing, and is logged, counted and returned. Rejects only with `not_implemented`, if there is nothing to read.
   */
  readonly reload: (reason: string) => Promise<ReloadResult>;
}

/** Reloads the config for a changed file, SIGHUP or the admin port. */
export function createConfigReloader({
  load,
  apply,
  snapshots,
  logger,
}: ConfigReloaderParts): ConfigReloader {
  let last: Promise<unknown> = Promise.resolve();
  /** A reload that has not started yet: later requests share it, because it will read what they want to have read. */
  let next: Promise<ReloadResult> | null = null;

  /** One at a time: two concurrent ones could leave parts of both. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  }

  async function reloadOnce(read: () => Promise<GatewayConfig>, reason: string): Promise<ReloadResult> {
    const previousHash = snapshots.status.hash;
    try {
      await apply(await read());
    } catch (thrown) {
      const problem = messageOf(thrown);
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
        await inTurn(() => apply(config));
      } catch (thrown) {
        snapshots.refused(messageOf(thrown));
        throw thrown;
      }
    },
    async reload(reason) {
      if (load === null)
        throw new CartwayError("not_implemented", { message: "There is no config file to reload." });
      next ??= inTurn(() => {
        next = null;
        return reloadOnce(load, reason);
      });
      return await next;
    },
  };
}
