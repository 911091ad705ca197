import { type AuditEntry, recordAct } from "@libs/auth";
import type { Sql } from "@libs/database";
import type { Logger } from "@libs/monitoring";

/** Keeps who did what, when, and how it was before and after. */
export interface Audit {
  /** On record in the database where there is one, and in the log. Rejects where it cannot be kept. */
  record(entry: AuditEntry): Promise<void>;
  /** In the log: for what is on record already. */
  readonly log: (entry: AuditEntry) => void;
}

export interface AuditParts {
  readonly sql: Sql | null;
  readonly logger: Logger;
  readonly now: () => number;
}

/** At `warn`, which is written at the level that gateways run at: an act must not be lost to a quiet log. */
export function createAudit({ sql, logger, now }: AuditParts): Audit {
  const log = ({ actor, verb, subject, before, after }: AuditEntry): void =>
    logger.warn({ audit: verb, actor, subject, before, after }, "an administrator acted");
  return {
    log,
    async record(entry) {
      try {
        if (sql !== null) await recordAct(sql, entry, now());
      } catch (thrown) {
        const { actor, verb, subject } = entry;
        logger.error({ err: thrown, audit: verb, actor, subject }, "an act could not be put on record");
        throw thrown;
      }
      log(entry);
    },
  };
}
