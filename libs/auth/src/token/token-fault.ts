import type { JsonFault } from "./strict-json.ts";

/** Why a token was refused. For logs, metrics and explanations; callers are told only that it is invalid or has expired. */
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

/** What is wrong with a part of a token that is no JSON of ours. */
export function toTokenFault(fault: JsonFault): TokenFault {
  return fault === "duplicate_member" || fault === "too_deep" ? fault : "malformed";
}
