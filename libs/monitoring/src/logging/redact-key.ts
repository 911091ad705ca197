/** What stands in a log where a value was taken out. */
export const redacted = "[redacted]";

/** Parts of a key's words that make its value a secret or personal, wherever they stand in the name. */
const fragments =
  /passw|passphrase|secret|authori[sz]ation|credential|cookie|api_?key|private_?key|signing_?key|encryption_?key|access_?key|connection_?string|jwt|bearer|e_?mail|phone|credit_?card|card_?number|\biban\b|\bssn\b/;

/** Whole keys that are sensitive, where the word inside a longer one would not be (`author`, `tokens`, `spinner`). */
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

/** Counts of language model tokens and the like: numbers, never a credential. */
const harmless =
  /(^|_)(max_|prompt_|completion_|input_|output_|total_)?tokens(_|$)|_(count|total|max|ms|bytes|type|kind|expires_in|expires_at)$/;

const known = new Map<string, boolean>();
/** Keys come from code, but objects of callers are logged too: what they invent must not fill the memory. */
const knownMax = 4096;

/** Whether the value under this key is never shown. Case, dashes and camel case do not matter. */
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
