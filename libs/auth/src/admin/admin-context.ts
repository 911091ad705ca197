import { CartwayError } from "@libs/errors";
import type { Sql } from "@libs/database";
import { type AuditEntry, recordAct } from "../audit/audit-log.ts";
import type { Auth } from "../create-auth.ts";

/** What an administrative verb works with. */
export interface AdminContext {
  readonly sql: Sql;
  readonly auth: Auth;
  readonly now: () => number;
  /** Who acts, as the audit shall name them. */
  readonly actor: string;
  /** Told of each act once it is done and on record, for the log. */
  readonly onAct?: (entry: AuditEntry) => void;
}

/** Puts an act on record, in its own transaction. */
export type RecordAct = (act: Omit<AuditEntry, "actor">) => Promise<void>;

/** Runs a verb in one transaction with its audit entry, then lets this instance know of the change at once. */
export async function act<T>(
  context: AdminContext,
  work: (sql: Sql, record: RecordAct) => Promise<T>,
): Promise<T> {
  const acts: AuditEntry[] = [];
  const result = await context.sql.transaction((sql) => {
    acts.length = 0;
    return work(sql, async (entry) => {
      const whole = { actor: context.actor, ...entry };
      await recordAct(sql, whole, context.now());
      acts.push(whole);
    });
  });
  for (const entry of acts) context.onAct?.(entry);
  await context.auth.feed.sync();
  return result;
}

/** Throws `validation_failed` where a role is not defined: granting nothing in silence helps nobody. */
export function assertRoles(context: AdminContext, roles: readonly string[]): void {
  const unknown = roles.filter((role) => !context.auth.roles.has(role));
  if (unknown.length === 0) return;
  throw new CartwayError("validation_failed", {
    details: unknown.map((role) => ({ path: "/roles", message: `the role ${role} is not defined` })),
  });
}
