import { CartwayError } from "@libs/errors";
import type { Logger } from "@libs/monitoring";
import { ConfigError } from "../config-error.ts";
import type { LocatedIssue } from "../document/load-document.ts";
import type { GatewayConfig } from "../schema.ts";

export type ReloadResult =
  | { readonly outcome: "applied"; readonly hash: string; readonly previousHash: string }
  /** The config in force stayed as it was. */
  | { readonly outcome: "refused"; readonly problem: string; readonly issues: readonly LocatedIssue[] };

export interface ConfigReloaderParts {
  /** Reads, merges and checks the config again; `null` where the gateway was not given a way to. */
  readonly load: (() => Promise<GatewayConfig>) | null;
  /** Puts a checked config in force. MUST change nothing when it rejects. */
  readonly apply: (config: GatewayConfig) => Promise<void>;
  /** Knows the config in force, and records the ones that were refused. */
  readonly snapshots: { readonly status: { readonly hash: string }; refused(problem: string): void };
  readonly logger: Logger;
}

export interface ConfigReloader {
  /** Puts a checked config in force, after those that were asked for before. Rejects, changing nothing, where it cannot be used. */
  readonly apply: (config: GatewayConfig) => Promise<void>;
  /**
   * Reads the config again and puts it in force: one reload at a time, and one for all calls that wait for it to begin. A config that cannot be used
   * changes nothing, is logged and counted, and is the result. Rejects only with `not_implemented`, where there is nothing to read.
   */
  readonly reload: (reason: string) => Promise<ReloadResult>;
}

/** Reloads the config, whether a changed file, SIGHUP or the admin port asks for it. */
export function createConfigReloader({
  load,
  apply,
  snapshots,
  logger,
}: ConfigReloaderParts): ConfigReloader {
  let last: Promise<unknown> = Promise.resolve();
  /** A reload that has not begun: it will read what any asked for meanwhile would. */
  let next: Promise<ReloadResult> | null = null;

  /** After whatever is being put in force: two at once could leave parts of both. */
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
        await inTurn(() => apply(config));
      } catch (thrown) {
        snapshots.refused(problemOf(thrown));
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

function problemOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
