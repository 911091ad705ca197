/** Replaces a removed value. */
export const redacted = "[redacted]";

/** Words that make a key's value secret or personal, wherever they occur in the key. */
const fragments =
  /passw|passphrase|secret|authori[sz]ation|credential|cookie|api_?key|private_?key|signing_?key|encryption_?key|access_?key|connection_?string|jwt|bearer|e_?mail|phone|credit_?card|card_?number|\biban\b|\bssn\b/;

/** Keys that are sensitive as a whole, but not as part of a longer word (`author`, `tokens`, `spinner`). */
const wholeKeys = new Set([
  "token",
  "pin",
  "otp",
  "cvv",
  "cvc",
  "pan",
  "dsn",
  "auth",
  "assertion",
  "firstname",
  "first_name",
  "lastname",
  "last_name",
  "fullname",
  "full_name",
  "address",
  "postal_address",
  "street",
  "birthday",
  "date_of_birth",
  "x-session-id",
]);

/** Keys that count tokens of language models and the like: numbers, never credentials. */
const harmless =
  /(^|_)(max_|prompt_|completion_|input_|output_|total_)?tokens(_|$)|_(count|total|max|ms|bytes|type|kind|expires_in|expires_at)$/;

const known = new Map<string, boolean>();
/** Bounds the cache: most keys come from code, but callers' objects are logged too, and their keys are unlimited. */
const knownMax = 4096;

/** Whether the value of this key is never logged. Ignores case, dashes and camel case. */
export function isSensitiveKey(key: string): boolean {
  const seen = known.get(key);
  if (seen !== undefined) return seen;
  const verdict = judge(key);
  if (known.size < knownMax) known.set(key, verdict);
  return verdict;
}

function judge(key: string): boolean {
  if (key.length > 128) return true;
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[-.\s]/g, "_")
    .toLowerCase();
  if (wholeKeys.has(words) || wholeKeys.has(key.toLowerCase())) return true;
  if (harmless.test(words)) return false;
  return fragments.test(words) || /(^|_)token$/.test(words);
}
