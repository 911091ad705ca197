import type { Sql } from "@libs/database";
import { createRefreshToken, refreshTokenHash } from "./refresh-token.ts";
import { addRefreshToken, revokeSession } from "./session-store.ts";

export type Rotation =
  | {
      readonly outcome: "rotated";
      readonly refreshToken: string;
      readonly sessionId: string;
      readonly userId: string;
    }
  | { readonly outcome: "refused"; readonly reason: "malformed" | "unknown" | "revoked" | "expired" }
  | { readonly outcome: "reused"; readonly sessionId: string; readonly userId: string };

interface TokenRow {
  readonly session_id: string;
  readonly user_id: string;
  readonly used_at: Date | null;
  readonly successor_hash: string | null;
  readonly successor_used: boolean | null;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
}

export interface RotationRules {
  /** How long after its use a token may be exchanged again, provided its successor is unused. 0 disables this. */
  readonly graceMs: number;
  /** A session's maximum time without use. */
  readonly idleMs: number;
  /** A session's maximum lifetime. */
  readonly lifeMaxMs: number;
}

/**
 * Exchanges a refresh token for its successor (RFC 9700, section 4.14.2). Reuse of a token means that two parties hold it, and ends the
 * session for both. Concurrent exchanges are serialized by a lock on the token's row.
 *
 * The grace period is for a client that lost the response, and for two tabs that refresh at once: the second exchange replaces the first,
 * whose successor then counts as used. A session never has more than one valid token, so a thief who uses the grace period is detected by
 * the owner's next refresh, or the owner by the thief's.
 */
export async function rotateRefreshToken(
  sql: Sql,
  refreshToken: string,
  rules: RotationRules,
  now: number,
): Promise<Rotation> {
  const hash = refreshTokenHash(refreshToken);
  if (hash === null) return { outcome: "refused", reason: "malformed" };
  return sql.transaction(async (inner) => {
    const row = await lockToken(inner, hash);
    if (row === undefined) return { outcome: "refused", reason: "unknown" };
    if (row.revoked_at !== null) return { outcome: "refused", reason: "revoked" };
    if (row.expires_at.getTime() <= now) return { outcome: "refused", reason: "expired" };
    const session = { sessionId: row.session_id, userId: row.user_id };
    if (row.used_at !== null && !isWithinGrace(row, rules.graceMs, now)) {
      await revokeSession(inner, { ...session, reason: "refresh token reused" }, now);
      return { outcome: "reused", ...session };
    }
    return { outcome: "rotated", refreshToken: await succeed(inner, { hash, row, rules, now }), ...session };
  });
}

/** The session of a refresh token, used or not; `null` for an unknown token. */
export async function findSessionByRefreshToken(
  sql: Sql,
  refreshToken: string,
): Promise<{ readonly sessionId: string; readonly userId: string } | null> {
  const hash = refreshTokenHash(refreshToken);
  if (hash === null) return null;
  const rows = await sql.query<{ session_id: string; user_id: string }>(
    `select t.session_id, s.user_id from auth_refresh_tokens t join auth_sessions s on s.id = t.session_id
     where t.token_hash = $1`,
    [hash],
  );
  const [row] = rows;
  return row === undefined ? null : { sessionId: row.session_id, userId: row.user_id };
}

async function lockToken(sql: Sql, hash: string): Promise<TokenRow | undefined> {
  const rows = await sql.query<TokenRow>(
    `select t.session_id, s.user_id, t.used_at, t.successor_hash, s.expires_at, s.revoked_at,
       (select n.used_at is not null from auth_refresh_tokens n where n.token_hash = t.successor_hash) as successor_used
     from auth_refresh_tokens t join auth_sessions s on s.id = t.session_id
     where t.token_hash = $1 for update of t, s`,
    [hash],
  );
  return rows[0];
}

function isWithinGrace(row: TokenRow, graceMs: number, now: number): boolean {
  return row.used_at !== null && now - row.used_at.getTime() < graceMs && row.successor_used === false;
}

interface Exchanged {
  readonly hash: string;
  readonly row: TokenRow;
  readonly rules: RotationRules;
  readonly now: number;
}

/** Stores the successor and extends the session. @returns the successor */
async function succeed(sql: Sql, { hash, row, rules, now }: Exchanged): Promise<string> {
  const successor = createRefreshToken();
  const successorHash = refreshTokenHash(successor);
  if (successorHash === null) throw new Error("a fresh refresh token is malformed");
  if (row.successor_hash !== null) await supersede(sql, row.successor_hash);
  await addRefreshToken(sql, successorHash, row.session_id, now);
  await sql.query(
    "update auth_refresh_tokens set used_at = coalesce(used_at, $2), successor_hash = $3 where token_hash = $1",
    [hash, new Date(now), successorHash],
  );
  await sql.query(
    `update auth_sessions set last_used_at = $2,
       expires_at = least($3::timestamptz, created_at + $4 * interval '1 millisecond') where id = $1`,
    [row.session_id, new Date(now), new Date(now + rules.idleMs), rules.lifeMaxMs],
  );
  return successor;
}

/** Marks a token as used long ago, so that the grace period does not apply. */
async function supersede(sql: Sql, hash: string): Promise<void> {
  await sql.query("update auth_refresh_tokens set used_at = $2 where token_hash = $1", [hash, new Date(0)]);
}
