import type { PasswordHasher } from "@libs/auth";
import type { BasicUser } from "./read-users.ts";

export interface CheckedPassword {
  readonly user: string;
  readonly password: string;
}

export type CheckPassword = (given: CheckedPassword) => Promise<BasicUser | null>;

/**
 * The user whose password it is. An unknown name is checked against the hash of some user, always the same for the same name and
 * chosen by a secret of the process: it costs what that user's costs, and tells as little.
 */
export function createCheckPassword(
  users: ReadonlyMap<string, BasicUser>,
  hasher: Pick<PasswordHasher, "verify">,
): CheckPassword {
  const hashes = [...users.values()].map(({ hash }) => hash);
  const seed = crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
  return async ({ user, password }) => {
    const known = users.get(user);
    const decoy = hashes[Number(Bun.hash(user, seed) % BigInt(hashes.length))] ?? null;
    const matches = await hasher.verify(password, known?.hash ?? decoy);
    return matches && known !== undefined ? known : null;
  };
}
