import type { AdminContext } from "@libs/auth";
import { CartwayError } from "@libs/errors";
import type { Accounts, AdminParts } from "./admin-parts.ts";

/** @throws CartwayError `not_implemented` where the gateway runs without its database. */
export function accountsOf({ accounts }: AdminParts): Accounts {
  if (accounts === null)
    throw new CartwayError("not_implemented", {
      message:
        "This gateway has no users, sessions or API keys of its own, because it runs without DATABASE_URL.",
    });
  return accounts;
}

/** The context for operations on users, sessions and keys, with the caller as the actor. */
export function contextOf(parts: AdminParts, request: Request): AdminContext {
  const { auth, sql } = accountsOf(parts);
  const { actor } = parts.identify(request);
  return { auth, sql, now: parts.now, actor, onAct: parts.audit.log };
}
