import { CartwayError } from "@libs/errors";
import {
  findSession,
  listSessions,
  revokeSession,
  revokeSessionsOf,
  type Session,
} from "../sessions/session-store.ts";
import { type AdminContext, act } from "./admin-context.ts";

export function listSessionsOf(context: AdminContext, userId: string): Promise<readonly Session[]> {
  return listSessions(context.sql, userId, context.now());
}

/** Throws `not_found` where the session does not exist or has ended. */
export async function endSession(context: AdminContext, sessionId: string): Promise<void> {
  await act(context, async (sql, record) => {
    const before = await findSession(sql, sessionId);
    const ended = await revokeSession(
      sql,
      { sessionId, userId: null, reason: `ended by ${context.actor}` },
      context.now(),
    );
    if (!ended) throw new CartwayError("not_found", { message: "There is no such session." });
    await record({ verb: "session.end", subject: sessionId, before, after: null });
  });
}

/** Ends all sessions of a user. @returns how many there were */
export async function endSessionsOf(context: AdminContext, userId: string): Promise<number> {
  return act(context, async (sql, record) => {
    const ended = await revokeSessionsOf(sql, userId, `ended by ${context.actor}`, context.now());
    await record({ verb: "session.end-all", subject: userId, before: { open: ended }, after: { open: 0 } });
    return ended;
  });
}
