import { CartwayError } from "@libs/errors";

/** The public view of a user, without secrets. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly roles: readonly string[];
  readonly tenantId: string | null;
  readonly disabled: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** A user with the fields that only authentication may see. */
export interface StoredUser extends User {
  /** `null` for users who only sign in with another provider. */
  readonly passwordHash: string | null;
  /** Incremented by every change that revokes the tokens issued before. */
  readonly version: number;
}

const emailLengthMax = 254;
const passwordLengthMin = 10;
const passwordLengthMax = 256;

/** Normalizes an address: accounts are unique by it. */
export function emailKey(email: string): string {
  return email.normalize("NFKC").trim().toLowerCase();
}

export function assertEmail(email: string): void {
  const key = emailKey(email);
  if (key.length <= emailLengthMax && /^[^\s@]+@[^\s@]+$/.test(key)) return;
  throw new CartwayError("validation_failed", {
    details: [
      {
        path: "/email",
        message: "not an email address",
        expected: `name@host, at most ${emailLengthMax} characters`,
      },
    ],
  });
}

export function assertPassword(password: string): void {
  const { length } = password.normalize("NFKC");
  if (length >= passwordLengthMin && length <= passwordLengthMax) return;
  throw new CartwayError("validation_failed", {
    details: [
      {
        path: "/password",
        message: "too short or too long",
        expected: `${passwordLengthMin} to ${passwordLengthMax} characters`,
      },
    ],
  });
}

export function toPublicUser(user: StoredUser): User {
  const { passwordHash: _hash, version: _version, ...rest } = user;
  return rest;
}
