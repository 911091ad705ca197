import type { Sql } from "@libs/database";
import { type Actor, recordAudit } from "../audit/record-audit.ts";
import { sessionMachine } from "../model/session-states.ts";
import { nextState } from "../model/state-machine.ts";
import { moveCommands } from "./move-commands.ts";
import type { SessionRow } from "./session-rows.ts";

export interface SessionEnd {
  /** Locked by the transaction. */
  readonly session: SessionRow;
  readonly event: "cancel" | "expire";
  readonly at: Date;
  readonly actor: Actor;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Ends a session before its commands have ended, and those with it. @returns the commands that ended. @throws CartwayError `conflict` */
export async function endSession(sql: Sql, end: SessionEnd): Promise<readonly string[]> {
  const { session, event, at, actor, details } = end;
  const to = nextState(sessionMachine, session.status, event);
  await sql.query("update fleet_sessions set status = $2, ended_at = $3 where id = $1", [session.id, to, at]);
  await recordAudit(sql, {
    at,
    actor,
    events: [
      {
        subject: "session",
        subjectId: session.id,
        customerId: session.customer_id,
        deviceId: session.device_id,
        sessionId: session.id,
        event,
        from: session.status,
        to,
        ...(details === undefined ? {} : { details }),
      },
    ],
  });
  return await moveCommands(sql, { session, event, at, actor });
}
