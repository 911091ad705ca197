export { type ClaimRules } from "./token/claim-rules.ts";
export { createFetchJson, type FetchJson, type FetchJsonOptions } from "./token/fetch-json.ts";
export {
  isSymmetric,
  type JwsAlgorithmName,
  jwsAlgorithmNames,
} from "./token/jws-algorithms.ts";
export { type KeyLookup, KeySet, type KeySource, staticKeys } from "./token/key-source.ts";
export { RecentMap } from "./token/recent-map.ts";
export { type JwksFetch, RemoteJwks, type RemoteJwksOptions } from "./token/remote-jwks.ts";
export { digestOf } from "./token/token-digest.ts";
export type { TokenFault } from "./token/token-fault.ts";
export { createTokenVerifier, type TokenVerdict, type TokenVerifier } from "./token/token-verifier.ts";
export {
  importPublicJwk,
  importPublicPem,
  importSecret,
  type VerificationKey,
} from "./token/verification-key.ts";
