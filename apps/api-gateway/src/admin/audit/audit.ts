import type { AuditEntry } from "@libs/auth";
import { recordAct } from "@libs/auth/platform";
import type { Sql } from "@libs/database";
import type { Logger } from "@libs/monitoring";

/** Records who did what, when, and the state before and after. */
export interface Audit {
  /** Records in the database, if any, and in the log. Rejects where that fails. */
  record(entry: AuditEntry): Promise<void>;
  /** Only logs: for acts that are in the database already. */
  readonly log: (entry: AuditEntry) => void;
}

export interface AuditParts {
  readonly sql: Sql | null;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Logs at `warn`, so that acts are not lost at a gateway's usual log levels. */
export function createAudit({ sql, logger, now }: AuditParts): Audit {
  const log = ({ actor, verb, subject, before, after }: AuditEntry): void =>
    logger.warn({ audit: verb, actor, subject, before, after }, "an administrator made a change");
  return {
    log,
    async record(entry) {
      try {
        if (sql !== null) await recordAct(sql, entry, now());
      } catch (thrown) {
        const { actor, verb, subject } = entry;
        logger.error(
          { err: thrown, audit: verb, actor, subject },
          "a change could not be audited and was refused",
        );
        throw thrown;
      }
      log(entry);
    },
  };
}
