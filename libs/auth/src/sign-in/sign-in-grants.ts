import type { Sql } from "@libs/database";
import { type ExternalAccount, type LinkRules, linkExternalAccount } from "./external-account.ts";
import { createSignInCode } from "./sign-in-code.ts";

export type SignInOutcome =
  | { readonly outcome: "granted"; readonly code: string }
  | { readonly outcome: "refused"; readonly reason: "unknown_user" | "account_exists" | "disabled" };

/** Handles users who were authenticated by another provider. */
export class SignInGrants {
  readonly #sql: Sql;
  readonly #now: () => number;

  constructor(sql: Sql, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  /** Finds, links or creates the user, and issues a code for the holder of the verifier of `challenge`. */
  async grant(account: ExternalAccount, rules: LinkRules, challenge: string): Promise<SignInOutcome> {
    const linked = await linkExternalAccount(this.#sql, account, rules, this.#now());
    if (linked.outcome === "refused") return linked;
    const code = await createSignInCode(this.#sql, { userId: linked.user.id, challenge }, this.#now());
    return { outcome: "granted", code };
  }
}
