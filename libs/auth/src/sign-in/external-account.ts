import type { Sql } from "@libs/database";
import { lockChanges } from "../changes/record-change.ts";
import type { StoredUser } from "../users/user.ts";
import { createUser, findUserByEmail, findUserById } from "../users/user-store.ts";

/** A user's identity at another provider. */
export interface ExternalAccount {
  readonly provider: string;
  /** The provider's id of the user, which never changes. */
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
}

export interface LinkRules {
  /** Whether to create users for unknown accounts. */
  readonly createUsers: boolean;
  /** Whether a verified address links to the existing user with it: enable only for providers that own the addresses. */
  readonly linkByEmail: boolean;
  /** Roles of users created this way. */
  readonly roles: readonly string[];
}

export type LinkOutcome =
  | { readonly outcome: "known"; readonly user: StoredUser }
  | { readonly outcome: "refused"; readonly reason: "unknown_user" | "account_exists" | "disabled" };

/** The user of an external account: the linked one, the one with its verified address, or a new one. */
export async function linkExternalAccount(
  sql: Sql,
  account: ExternalAccount,
  rules: LinkRules,
  now: number,
): Promise<LinkOutcome> {
  return sql.transaction(async (inner) => {
    // two concurrent callbacks of a new user must not create two users
    await lockChanges(inner);
    const linked = await findLinked(inner, account);
    if (linked !== null) return settle(linked);
    const email = ownEmailOf(account);
    const owner = email === null ? null : await findUserByEmail(inner, email);
    if (owner !== null && !(rules.linkByEmail && isSameMailbox(email, owner.email)))
      return { outcome: "refused", reason: "account_exists" };
    if (owner === null && !rules.createUsers) return { outcome: "refused", reason: "unknown_user" };
    const user = owner ?? (await createLinked(inner, { account, email, rules }, now));
    await inner.query(
      "insert into auth_external_accounts (provider, subject, user_id, created_at) values ($1, $2, $3, $4)",
      [account.provider, account.subject, user.id, new Date(now)],
    );
    return settle(user);
  });
}

/** An unverified address may be somebody else's: it is not stored, and nobody learns from it whether a user has it. */
function ownEmailOf({ email, emailVerified }: ExternalAccount): string | null {
  return emailVerified ? email : null;
}

/**
 * Whether the addresses are equal, apart from ASCII case. An address that matches only after Unicode folding, such as one in full-width
 * letters, is another mailbox.
 */
function isSameMailbox(email: string | null, other: string): boolean {
  return email !== null && inLowerAscii(email) === inLowerAscii(other);
}

function inLowerAscii(text: string): string {
  return text.trim().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function settle(user: StoredUser): LinkOutcome {
  return user.disabled ? { outcome: "refused", reason: "disabled" } : { outcome: "known", user };
}

async function findLinked(sql: Sql, account: ExternalAccount): Promise<StoredUser | null> {
  const rows = await sql.query<{ user_id: string }>(
    "select user_id from auth_external_accounts where provider = $1 and subject = $2",
    [account.provider, account.subject],
  );
  return rows[0] === undefined ? null : findUserById(sql, rows[0].user_id);
}

interface NewLink {
  readonly account: ExternalAccount;
  readonly email: string | null;
  readonly rules: LinkRules;
}

function createLinked(sql: Sql, { account, email, rules }: NewLink, now: number): Promise<StoredUser> {
  const address = email ?? `${Bun.randomUUIDv7()}@${account.provider}.invalid`;
  return createUser(sql, { email: address, passwordHash: null, roles: rules.roles, tenantId: null }, now);
}
