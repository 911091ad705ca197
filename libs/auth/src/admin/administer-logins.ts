import { CartwayError } from "@libs/errors";
import { recordAct } from "../audit/audit-log.ts";
import type { Tries, TriesLeft } from "../login/login-throttle.ts";
import { digestOf } from "../token/token-digest.ts";
import { emailKey } from "../users/user.ts";
import type { AdminContext } from "./admin-context.ts";

export interface LoginTries {
  /** Of the account, as log lines and the audit name it; `null` where none was asked for. */
  readonly account: string | null;
  readonly buckets: readonly {
    readonly of: TriesLeft["of"];
    readonly limit: number;
    readonly windowMs: number;
    readonly remaining: number;
    readonly resetMs: number;
  }[];
}

/** How many tries to log in are left. Nothing is taken. @throws CartwayError `validation_failed` */
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

/** Lets somebody try again at once. On record before it is done: what cannot be recorded is not done. */
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
