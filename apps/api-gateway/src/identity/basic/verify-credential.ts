import { type LoginThrottle, PasswordHasher, type RecentMap } from "@libs/auth";
import type { Authenticated, Authentication } from "../../model/identity/authentication.ts";
import { type CheckedPassword, createCheckPassword } from "./check-password.ts";
import type { BasicUser } from "./read-users.ts";

/** Bounds on the password checks of one identity: each occupies a thread and the memory that its hash requires. */
const hasherLimits = {
  memoryKib: 19_456,
  passes: 2,
  concurrencyMax: 2,
  waitingMax: 64,
  form: "NFC",
} as const;

export interface VerifyCredentialOptions {
  readonly name: string;
  readonly users: ReadonlyMap<string, BasicUser>;
  readonly throttle: Pick<LoginThrottle, "take" | "succeed">;
  /** Verified credentials, by digest. */
  readonly known: RecentMap<Authenticated>;
  readonly onFailure: (error: unknown) => void;
}

export interface Presented extends CheckedPassword {
  /** Digest of the whole credential. */
  readonly digest: string;
  readonly address: string;
}

/** Verifies a credential that is not cached: one check at a time for the same one, and throttled against guessing. */
export function createVerifyCredential(
  options: VerifyCredentialOptions,
): (presented: Presented) => Promise<Authentication> {
  const { name, throttle, known } = options;
  const checkPassword = createCheckPassword(options.users, new PasswordHasher(hasherLimits));
  const pending = new Map<string, Promise<Authentication>>();

  async function check({ user, password, digest, address }: Presented): Promise<Authentication> {
    try {
      const verdict = await throttle.take(user, address);
      if (!verdict.allowed)
        return { outcome: "throttled", identity: name, retryAfterSeconds: verdict.retryAfterSeconds };
      const found = await checkPassword({ user, password });
      if (found === null) {
        const credential = "user name or password";
        return { outcome: "rejected", identity: name, reason: "invalid_credentials", credential };
      }
      await throttle.succeed(user, address);
      const authenticated = toAuthenticated(name, user, found);
      known.set(digest, authenticated);
      return authenticated;
    } catch (error) {
      options.onFailure(error);
      return { outcome: "unavailable", identity: name };
    }
  }

  return (presented) => {
    const { digest } = presented;
    const before = pending.get(digest);
    if (before !== undefined) return before;
    const checked = check(presented).finally(() => pending.delete(digest));
    pending.set(digest, checked);
    return checked;
  };
}

function toAuthenticated(name: string, user: string, { roles, scopes, tenant }: BasicUser): Authenticated {
  return {
    outcome: "authenticated",
    principal: {
      identity: name,
      method: "basic",
      subject: user,
      roles,
      scopes,
      tenantId: tenant,
      sessionId: null,
      plan: null,
      weight: 1,
      expiresAt: Number.POSITIVE_INFINITY,
      claims: { name: user },
    },
  };
}
