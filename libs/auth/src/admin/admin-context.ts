import { CartwayError } from "@libs/errors";
import type { Sql } from "@libs/database";
import { type AuditEntry, recordAct } from "../audit/audit-log.ts";
import type { Auth } from "../create-auth.ts";

/** Dependencies of the administrative operations. */
export interface AdminContext {
  readonly sql: Sql;
  readonly auth: Auth;
  readonly now: () => number;
  /** The actor's name in the audit log. */
  readonly actor: string;
  /** Called for each act after it was committed, for logging. */
  readonly onAct?: (entry: AuditEntry) => void;
}

/** Records an act in the audit log, in a transaction of its own. */
export type RecordAct = (act: Omit<AuditEntry, "actor">) => Promise<void>;

/** Runs an operation and its audit entry in one transaction, then applies the change on this instance without waiting for the poll. */
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

/** Throws `validation_failed` for undefined roles, which would silently grant nothing. */
export function assertRoles(context: AdminContext, roles: readonly string[]): void {
  const unknown = roles.filter((role) => !context.auth.roles.has(role));
  if (unknown.length === 0) return;
  const defined = `the config defines ${context.auth.roles.names.join(", ")}`;
  throw new CartwayError("validation_failed", {
    details: unknown.map((role) => ({
      path: "/roles",
      message: `the role ${role} is not defined: ${defined}`,
    })),
  });
}
