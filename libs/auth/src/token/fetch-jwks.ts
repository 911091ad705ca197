import { isRecord } from "@libs/json";
import type { FetchJson } from "./fetch-json.ts";
import type { JwsAlgorithmName } from "./jws-algorithms.ts";
import { importPublicJwk, type VerificationKey } from "./verification-key.ts";

export type FetchedJwks =
  | { readonly ok: true; readonly keys: readonly VerificationKey[]; readonly skipped: number }
  | { readonly ok: false; readonly error: Error };

const keysMax = 64;

/** Fetches a JWK Set. A set without a usable key counts as a failure, so that the last good set is kept. */
export async function fetchJwks(
  url: () => string | Promise<string>,
  algorithms: readonly JwsAlgorithmName[],
  fetchJson: FetchJson,
): Promise<FetchedJwks> {
  try {
    const document = await fetchJson(await url());
    const listed = document["keys"];
    if (!Array.isArray(listed)) throw new Error("the document is no JWK Set");
    const keys = listed
      .slice(0, keysMax)
      .map((jwk: unknown) => (isRecord(jwk) ? importPublicJwk(jwk, algorithms) : null))
      .filter((key) => key !== null);
    if (keys.length === 0) throw new Error("the JWK Set has no key for the allowed algorithms");
    return { ok: true, keys, skipped: listed.length - keys.length };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
