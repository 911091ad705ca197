import type { Logger } from "@libs/monitoring";
import { ConfigError } from "./config/config-error.ts";
import type { LocatedIssue } from "./config/load-document.ts";
import type { GatewayConfig } from "./config/schema.ts";

export type ReloadResult =
  | { readonly outcome: "applied"; readonly hash: string; readonly previousHash: string }
  /** Nothing was changed. */
  | { readonly outcome: "refused"; readonly problem: string; readonly issues: readonly LocatedIssue[] };

export interface ConfigReloaderParts {
  /** Reads, merges and checks the config anew. */
  readonly load: () => Promise<GatewayConfig>;
  readonly apply: (config: GatewayConfig) => Promise<void>;
  /** Notes a config that never came to be applied. */
  readonly refused: (problem: string) => void;
  /** Of the config that runs. */
  readonly hash: () => string;
  readonly logger: Logger;
}

export interface ConfigReloader {
  /** One at a time, in the order of the calls. Never rejects: what cannot be used changes nothing and is logged and counted. */
  reload(reason: string): Promise<ReloadResult>;
}

/** Takes up a changed config, whoever asks for it: a changed file, SIGHUP, the admin port. */
export function createConfigReloader(parts: ConfigReloaderParts): ConfigReloader {
  let last: Promise<unknown> = Promise.resolve();

  async function reloadOnce(reason: string): Promise<ReloadResult> {
    const previousHash = parts.hash();
    let loaded: GatewayConfig | null = null;
    try {
      loaded = await parts.load();
      await parts.apply(loaded);
    } catch (thrown) {
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      // what was applied in vain has been counted there
      if (loaded === null) parts.refused(problem);
      parts.logger.error({ reason, problem }, "the config was not reloaded");
      return { outcome: "refused", problem, issues: thrown instanceof ConfigError ? thrown.issues : [] };
    }
    const hash = parts.hash();
    parts.logger.info({ reason, hash, previousHash }, "the config was reloaded");
    return { outcome: "applied", hash, previousHash };
  }

  return {
    reload(reason) {
      const mine = last.then(() => reloadOnce(reason));
      last = mine;
      return mine;
    },
  };
}
