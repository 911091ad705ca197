import type { JwsParts } from "./jws-parts.ts";
import { type JwsAlgorithmName, jwsAlgorithms } from "./jws-algorithms.ts";
import type { TokenFault } from "./token-fault.ts";
import type { VerificationKey } from "./verification-key.ts";

/** Verifies the signature with any of the keys allowed for the algorithm. @returns `null`, or the fault */
export function checkSignature(
  { signingInput, signature }: Pick<JwsParts, "signingInput" | "signature">,
  algorithm: JwsAlgorithmName,
  keys: readonly VerificationKey[],
): TokenFault | null {
  const fitting = keys.filter((key) => key.algorithms.has(algorithm));
  if (fitting.length === 0) return "algorithm_not_allowed";
  const { verify } = jwsAlgorithms[algorithm];
  return fitting.some(({ key }) => verify(key, signingInput, signature)) ? null : "bad_signature";
}
