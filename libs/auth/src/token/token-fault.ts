import type { JsonFault } from "./strict-json.ts";

/** Why a token was refused. For logs, metrics and explanations; callers only learn that it is invalid or expired. */
export type TokenFault =
  | "malformed"
  | "too_large"
  | "too_deep"
  | "duplicate_member"
  | "forbidden_header"
  | "wrong_type"
  | "algorithm_not_allowed"
  | "unknown_key"
  | "bad_signature"
  | "expired"
  | "not_yet_valid"
  | "issued_in_future"
  | "lifetime_too_long"
  | "wrong_issuer"
  | "wrong_audience"
  | "missing_claim"
  | "bound_to_key"
  | "revoked";

/** The fault of a token part that is not valid JSON. */
export function toTokenFault(fault: JsonFault): TokenFault {
  return fault === "duplicate_member" || fault === "too_deep" ? fault : "malformed";
}
