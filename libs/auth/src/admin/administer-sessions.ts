import { CartwayError } from "@libs/errors";
import { recordAct } from "../audit/audit-log.ts";
import { listSessions, revokeSession, revokeSessionsOf, type Session } from "../sessions/session-store.ts";
import { type AdminContext, act } from "./admin-context.ts";

export function listSessionsOf(context: AdminContext, userId: string): Promise<readonly Session[]> {
  return listSessions(context.sql, userId, context.now());
}

/** Throws `not_found` where there is no such session or it is over. */
export async function endSession(context: AdminContext, sessionId: string): Promise<void> {
  await act(context, async (sql) => {
    const ended = await revokeSession(
      sql,
      { sessionId, userId: null, reason: `ended by ${context.actor}` },
      context.now(),
    );
    if (!ended) throw new CartwayError("not_found", { message: "There is no such session." });
    await recordAct(
      sql,
      { actor: context.actor, verb: "session.end", subject: sessionId, before: null, after: null },
      context.now(),
    );
  });
}

/** Ends every session of a user and tells how many there were. */
export async function endSessionsOf(context: AdminContext, userId: string): Promise<number> {
  return act(context, async (sql) => {
    const ended = await revokeSessionsOf(sql, userId, `ended by ${context.actor}`, context.now());
    const entry = { verb: "session.end-all", subject: userId, before: null, after: { ended } };
    await recordAct(sql, { actor: context.actor, ...entry }, context.now());
    return ended;
  });
}
