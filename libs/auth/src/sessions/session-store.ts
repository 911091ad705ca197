import { recordChange } from "../changes/record-change.ts";
import type { Sql } from "@libs/database";

export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  /** ISO 8601, like the other times. */
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly expiresAt: string;
}

interface SessionRow {
  readonly id: string;
  readonly user_id: string;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly created_at: Date;
  readonly last_used_at: Date;
  readonly expires_at: Date;
}

export interface NewSession {
  readonly userId: string;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly expiresAt: number;
}

const userAgentLengthMax = 256;

export async function createSession(sql: Sql, session: NewSession, now: number): Promise<string> {
  const id = Bun.randomUUIDv7();
  await sql.query(
    `insert into auth_sessions (id, user_id, address, user_agent, created_at, last_used_at, expires_at)
     values ($1, $2, $3, $4, $5, $5, $6)`,
    [
      id,
      session.userId,
      session.address,
      session.userAgent?.slice(0, userAgentLengthMax) ?? null,
      new Date(now),
      new Date(session.expiresAt),
    ],
  );
  return id;
}

export async function addRefreshToken(
  sql: Sql,
  tokenHash: string,
  sessionId: string,
  now: number,
): Promise<void> {
  await sql.query("insert into auth_refresh_tokens (token_hash, session_id, issued_at) values ($1, $2, $3)", [
    tokenHash,
    sessionId,
    new Date(now),
  ]);
}

/** Ends a session on all instances. `false` where it had ended, or belongs to another user (`userId` null skips that check). */
export async function revokeSession(
  sql: Sql,
  revocation: { readonly sessionId: string; readonly userId: string | null; readonly reason: string },
  now: number,
): Promise<boolean> {
  const rows = await sql.query<{ id: string }>(
    `update auth_sessions set revoked_at = $3, revoked_reason = $4
     where id = $1 and ($2::uuid is null or user_id = $2::uuid) and revoked_at is null returning id`,
    [revocation.sessionId, revocation.userId, new Date(now), revocation.reason],
  );
  if (rows.length === 0) return false;
  await recordChange(sql, { kind: "session", subject: revocation.sessionId, value: 0 }, now);
  return true;
}

/** Ends all sessions of a user on all instances, and sign-ins that could still become one. @returns how many sessions there were */
export async function revokeSessionsOf(
  sql: Sql,
  userId: string,
  reason: string,
  now: number,
): Promise<number> {
  const rows = await sql.query<{ id: string }>(
    `update auth_sessions set revoked_at = $2, revoked_reason = $3
     where user_id = $1 and revoked_at is null and expires_at > $2 returning id`,
    [userId, new Date(now), reason],
  );
  await sql.query("delete from auth_sign_in_codes where user_id = $1", [userId]);
  for (const { id } of rows) await recordChange(sql, { kind: "session", subject: id, value: 0 }, now);
  return rows.length;
}

const columns = "id, user_id, address, user_agent, created_at, last_used_at, expires_at";

export async function findSession(sql: Sql, id: string): Promise<Session | null> {
  const rows = await sql.query<SessionRow>(`select ${columns} from auth_sessions where id = $1`, [id]);
  return rows[0] === undefined ? null : toSession(rows[0]);
}

/** The active sessions of a user, most recently used first. */
export async function listSessions(sql: Sql, userId: string, now: number): Promise<Session[]> {
  const rows = await sql.query<SessionRow>(
    `select ${columns} from auth_sessions
     where user_id = $1 and revoked_at is null and expires_at > $2 order by last_used_at desc limit 100`,
    [userId, new Date(now)],
  );
  return rows.map(toSession);
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    address: row.address,
    userAgent: row.user_agent,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
