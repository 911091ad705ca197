import type { PasswordHasher } from "@libs/auth";
import type { BasicUser } from "./read-users.ts";

export interface CheckedPassword {
  readonly user: string;
  readonly password: string;
}

export type CheckPassword = (given: CheckedPassword) => Promise<BasicUser | null>;

/**
 * The user with this password. An unknown name is checked against the hash of an existing user, chosen by the name and a secret of the
 * process: it takes as long as a check of that user, and reveals nothing.
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
