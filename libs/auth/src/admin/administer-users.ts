import { CartwayError } from "@libs/errors";
import type { Sql } from "@libs/database";
import { assertEmail, assertPassword, type StoredUser, toPublicUser, type User } from "../users/user.ts";
import { changeUser, createUser, findUserById, listUsers, type UserChange } from "../users/user-store.ts";
import { type AdminContext, act, assertRoles } from "./admin-context.ts";

export interface UserDraft {
  readonly email: string;
  /** `null` for users who only sign in with another provider. */
  readonly password: string | null;
  readonly roles: readonly string[];
  readonly tenantId: string | null;
}

export interface UserEdit {
  readonly password?: string;
  readonly roles?: readonly string[];
  readonly tenantId?: string | null;
  readonly disabled?: boolean;
}

/** A page of users, oldest first; `after` is the id of the last one seen. */
export async function listUsersPage(
  context: AdminContext,
  page: { readonly after: string | null; readonly limit: number },
): Promise<readonly User[]> {
  return (await listUsers(context.sql, page)).map(toPublicUser);
}

export async function addUser(context: AdminContext, draft: UserDraft): Promise<User> {
  assertEmail(draft.email);
  assertRoles(context, draft.roles);
  if (draft.password !== null) assertPassword(draft.password);
  const passwordHash = draft.password === null ? null : await context.auth.hasher.hash(draft.password);
  return act(context, async (sql, record) => {
    const { email, roles, tenantId } = draft;
    const user = toPublicUser(await createUser(sql, { email, roles, tenantId, passwordHash }, context.now()));
    await record({ verb: "user.create", subject: user.id, before: null, after: user });
    return user;
  });
}

/** Changes a user, and revokes the access tokens issued before; a new password or disabling ends the sessions too. */
export async function editUser(context: AdminContext, id: string, edit: UserEdit): Promise<User> {
  if (edit.roles !== undefined) assertRoles(context, edit.roles);
  if (edit.password !== undefined) assertPassword(edit.password);
  const { password, ...rest } = edit;
  const change: UserChange =
    password === undefined ? rest : { ...rest, passwordHash: await context.auth.hasher.hash(password) };
  return act(context, async (sql, record) => {
    const before = await lockUser(sql, id);
    const after = toPublicUser(await changeUser(sql, { id, ...change }, context.now()));
    const shown = password === undefined ? after : { ...after, passwordChanged: true };
    await record({ verb: "user.edit", subject: id, before: toPublicUser(before), after: shown });
    return after;
  });
}

/** Locked, so that another edit at the same time cannot come between what is recorded as before and as after. */
async function lockUser(sql: Sql, id: string): Promise<StoredUser> {
  await sql.query("select 1 from auth_users where id = $1 for update", [id]);
  const user = await findUserById(sql, id);
  if (user === null) throw new CartwayError("not_found", { message: "There is no such user." });
  return user;
}
