import type { KeyObject } from "node:crypto";

const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
] as const;

/** The generator of the flawed library's primes. */
const generator = 65_537;

/**
 * Whether an RSA key was made by the flawed library of CVE-2017-15361 (ROCA): its modulus is a power of 65537 modulo every
 * small prime. Such keys can be factored, so that anybody may sign with them. One sound key in 200 million looks like it.
 */
export function isRocaKey(key: KeyObject): boolean {
  const { n } = key.export({ format: "jwk" });
  if (typeof n !== "string") return false;
  const modulus = BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`);
  return primes.every((prime) => powersOf(generator % prime, prime).has(Number(modulus % BigInt(prime))));
}

function powersOf(base: number, prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * base) % prime) powers.add(power);
  return powers;
}
