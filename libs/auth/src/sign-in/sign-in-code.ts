import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Sql } from "@libs/database";
import { digestOf } from "../token/token-digest.ts";

const codePattern = /^cwc_[A-Za-z0-9_-]{43}$/;
/** RFC 7636, section 4.1. */
const verifierPattern = /^[A-Za-z0-9._~-]{43,128}$/;
/** An S256 challenge: 32 bytes in base64url. */
const challengePattern = /^[A-Za-z0-9_-]{43}$/;
const lifeMs = 60_000;

export function isChallenge(text: string): boolean {
  return challengePattern.test(text);
}

/** A single-use code, valid for a minute, for the holder of the challenge's verifier (PKCE, RFC 7636, S256 only). */
export async function createSignInCode(
  sql: Sql,
  grant: { readonly userId: string; readonly challenge: string },
  now: number,
): Promise<string> {
  const code = `cwc_${randomBytes(32).toString("base64url")}`;
  await sql.query(
    "insert into auth_sign_in_codes (code_hash, user_id, challenge, expires_at) values ($1, $2, $3, $4)",
    [digestOf(code), grant.userId, grant.challenge, new Date(now + lifeMs)],
  );
  return code;
}

/** The user of a code, at the version that they had when it was used up. */
export interface Redeemed {
  readonly userId: string;
  readonly version: number;
}

/** `null` for an invalid code. Any attempt uses up the code, even with a wrong verifier. */
export async function redeemSignInCode(
  sql: Sql,
  proof: { readonly code: string; readonly verifier: string },
  now: number,
): Promise<Redeemed | null> {
  if (!codePattern.test(proof.code) || !verifierPattern.test(proof.verifier)) return null;
  const rows = await sql.query<{ user_id: string; version: number; challenge: string; expires_at: Date }>(
    `delete from auth_sign_in_codes c using auth_users u where c.code_hash = $1 and u.id = c.user_id
     returning c.user_id, u.version, c.challenge, c.expires_at`,
    [digestOf(proof.code)],
  );
  const [row] = rows;
  if (row === undefined || row.expires_at.getTime() <= now) return null;
  const expected = Buffer.from(row.challenge);
  const given = Buffer.from(createHash("sha256").update(proof.verifier).digest("base64url"));
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null;
  return { userId: row.user_id, version: row.version };
}
