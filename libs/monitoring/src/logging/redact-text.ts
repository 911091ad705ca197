import { redacted } from "./redact-key.ts";

interface Shape {
  readonly name: string;
  readonly pattern: RegExp;
  /** The replacement of a match; the match itself where it turns out to be harmless. */
  readonly replace: string | ((match: string, ...groups: string[]) => string);
}

/** Patterns of secrets and personal data. Order matters: longer and more specific ones come first. */
const shapes: readonly Shape[] = [
  {
    name: "private key",
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    replace: redacted,
  },
  {
    // Also where the text was cut off within the second part. Looks ahead once per run of its characters: searched from each `eyJ` of a
    // run, a path of 8 KB would take milliseconds.
    name: "JWT or JWE",
    pattern: /(?<![\w-])(?=[\w-]+\.[\w-]*(?:\.|$))(?:[\w-]*-)?eyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*){0,3}/g,
    replace: redacted,
  },
  {
    name: "authorization value",
    pattern: /\b(Bearer|Basic|DPoP|Digest|Negotiate)(\s+|%20)[\w.~+/=:-]{6,}/gi,
    replace: (_match, scheme, gap) => `${scheme}${gap}${redacted}`,
  },
  {
    name: "password in a URL",
    pattern: /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/?#"']{0,256}):[^\s@"']{1,512}@/gi,
    replace: (_match, before) => `${before}:${redacted}@`,
  },
  {
    name: "secret in a query or a form",
    pattern:
      /([?&;\s"'{,]|^)((?:[\w-]{0,40}(?:password|passwd|secret|api_?key|apikey|signature)|(?:[\w-]{0,40}_)?token|sig|pwd)"?\s?[=:]\s?"?)[^\s&;"',}]{3,}/gi,
    replace: (_match, before, name) => `${before}${name}${redacted}`,
  },
  {
    // an API key, a refresh token, a sign-in code; a device's secret and token, and the token of its claims
    name: "credential of the platform",
    pattern: /\b(?:cw[krc]|ds[kt]|clm)_[\w-]{16,}/g,
    replace: redacted,
  },
  {
    name: "API key of a known maker",
    pattern:
      /\b(?:(?:sk|pk|rk|ck|whsec|xox[abprs]|gh[pousr]|glpat|shpat|npm|hf|AKIA|ASIA|AIza|ya29)[-_.]?(?:live|test|proj|ant|api\d+)?[-_.]?)[A-Za-z0-9_-]{16,}/g,
    replace: (match) => (/\d/.test(match) && !/^[a-z]+$/.test(match) ? redacted : match),
  },
  {
    // plain, or percent-encoded as in a path or query
    name: "e-mail address",
    pattern: /[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40)[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,24}\b/gi,
    replace: redacted,
  },
  {
    name: "card number",
    pattern: /(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])/g,
    replace: (match) => (isCardNumber(match) ? redacted : match),
  },
];

/** A single pre-check that rules out most texts. */
const suspicious =
  /eyJ|@|%40|-----BEGIN|bearer|basic |dpop|digest|negotiate|passw|pwd|secret|token|api_?key|signature|sig=|cw[krc]_|ds[kt]_|clm_|(?:sk|pk|rk|ck|whsec|xox|gh|glpat|shpat|npm|hf|ya29)[-_a-z]*[-_]|AKIA|ASIA|AIza|\d[ -]?\d{3}[ -]?\d{3,4}[ -]?\d/i;

/** Removes credentials, card numbers and e-mail addresses. Linear in the text's length. */
export function redactText(text: string): string {
  if (text.length < 6 || !suspicious.test(text)) return text;
  let result = text;
  for (const { pattern, replace } of shapes) {
    result =
      typeof replace === "string" ? result.replace(pattern, replace) : result.replace(pattern, replace);
  }
  return result;
}

/** 13 to 19 digits with a valid Luhn checksum (ISO/IEC 7812-1) and a card's prefix, which times in microseconds seldom have. */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (digits.length < 13 || digits.length > 19 || !/^[2-6]/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
