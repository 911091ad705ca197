export {
  coversPermission,
  type RoleDefinition,
  type RoleDefinitions,
  RoleGraph,
} from "./access/role-graph.ts";
export type { AdminContext } from "./admin/admin-context.ts";
export type { LoginTries } from "./admin/administer-logins.ts";
export type { UserDraft, UserEdit } from "./admin/administer-users.ts";
export type { ApiKey } from "./api-keys/api-key.ts";
export type { CreatedApiKey, KeyPage, NewApiKey } from "./api-keys/api-key-store.ts";
export type { ApiKeyVerdict, ApiKeyVerifier } from "./api-keys/api-key-verifier.ts";
export type { ActPage, AuditEntry, RecordedAct } from "./audit/audit-log.ts";
export { authDefaults } from "./auth-defaults.ts";
export type { Auth, AuthConfig, AuthDeps } from "./create-auth.ts";
export { type BearerHeader, readBearer } from "./http/read-bearer.ts";
export { type CreateLimiter, LoginThrottle, type LoginThrottleRates } from "./login/login-throttle.ts";
export { PasswordHasher } from "./passwords/password-hasher.ts";
export { readCookie, readCookies } from "./http/read-cookie.ts";
export type { ReportSecurityEvent, SecurityEvent } from "./security-event.ts";
export type {
  AccessToken,
  AccessTokenVerdict,
  AccessTokenVerifier,
} from "./sessions/access-token-verifier.ts";
export type { CallerOrigin, SessionService, TokenGrant } from "./sessions/session-service.ts";
export type { Session } from "./sessions/session-store.ts";
export type { ClaimRules } from "./token/claim-rules.ts";
export type { ExternalAccount, LinkRules } from "./sign-in/external-account.ts";
export { isChallenge } from "./sign-in/sign-in-code.ts";
export type { SignInGrants, SignInOutcome } from "./sign-in/sign-in-grants.ts";
export { ageOf } from "./token/age-of.ts";
export { createFetchJson, type FetchJson, type FetchJsonOptions } from "./token/fetch-json.ts";
export { isSymmetric, type JwsAlgorithmName, jwsAlgorithmNames } from "./token/jws-algorithms.ts";
export { type KeyLookup, type KeySource, staticKeys } from "./token/key-source.ts";
export { CredentialDigest } from "./token/credential-digest.ts";
export { CredentialMap } from "./token/credential-map.ts";
export { RecentMap } from "./token/recent-map.ts";
export { type JwksFetch, RemoteJwks, type RemoteJwksOptions } from "./token/remote-jwks.ts";
export { digestOf } from "./token/token-digest.ts";
export type { TokenFault } from "./token/token-fault.ts";
export { createTokenVerifier, type TokenVerdict, type TokenVerifier } from "./token/token-verifier.ts";
export { importPublicPem, importSecret, type VerificationKey } from "./token/verification-key.ts";
export type { User } from "./users/user.ts";
