import type { ErrorCode } from "@libs/errors";
import type { Rejected } from "../model/identity/authentication.ts";

/** The code and message for a caller whose credential was rejected: what it was, where it was, and of the reasons none but expiry. */
export function rejectedCredential({ reason, credential }: Pick<Rejected, "reason" | "credential">): {
  readonly code: ErrorCode;
  readonly message: string;
} {
  return {
    code: credential === undefined ? "invalid_token" : "invalid_credentials",
    message: `The ${credential ?? "token"} ${reason === "expired" ? "has expired" : "is not valid"}.`,
  };
}
