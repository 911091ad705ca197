import { CartwayError } from "@libs/errors";
import { recordAct } from "../audit/audit-log.ts";
import type { Tries, TriesLeft } from "../login/login-throttle.ts";
import { digestOf } from "../token/token-digest.ts";
import { emailKey } from "../users/user.ts";
import type { AdminContext } from "./admin-context.ts";

export interface LoginTries {
  /** Identifies the account as log lines and the audit do; `null` where the query was not for an account. */
  readonly account: string | null;
  readonly buckets: readonly {
    readonly of: TriesLeft["of"];
    readonly limit: number;
    readonly windowMs: number;
    readonly remaining: number;
    readonly resetMs: number;
  }[];
}

/** The number of login attempts left; takes none. @throws CartwayError `validation_failed` */
export async function inspectLogins({ auth }: AdminContext, tries: Tries): Promise<LoginTries> {
  assertNamed(tries);
  const left = await auth.throttle.inspect(tries);
  return {
    account: tries.email === null ? null : digestOf(emailKey(tries.email)),
    buckets: left.map(({ of, rate, remaining, resetMs }) => {
      const { limit, windowMs } = rate;
      return { of, limit, windowMs, remaining, resetMs: Math.ceil(resetMs) };
    }),
  };
}

/** Resets the attempts, so that the user can log in at once. The audit entry is written first, so no reset goes unrecorded. */
export async function resetLogins(context: AdminContext, tries: Tries): Promise<LoginTries> {
  const before = await inspectLogins(context, tries);
  const subject = [
    ...(before.account === null ? [] : [`account ${before.account}`]),
    ...(tries.address === null ? [] : [`address ${tries.address}`]),
  ].join(", ");
  const entry = { actor: context.actor, verb: "login.reset", subject, before: before.buckets, after: "full" };
  await recordAct(context.sql, entry, context.now());
  await context.auth.throttle.reset(tries);
  context.onAct?.(entry);
  return inspectLogins(context, tries);
}

function assertNamed({ email, address }: Tries): void {
  if (email !== null || address !== null) return;
  const message = "an account's email, an address, or both";
  throw new CartwayError("validation_failed", { details: [{ path: "", message }] });
}
