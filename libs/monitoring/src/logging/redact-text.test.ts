import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { redactText } from "./redact-text.ts";

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

describe("secrets and personal data are removed from a text", () => {
  test.each([
    ["a JWT", `got ${jwt} today`, "got [redacted] today"],
    ["a JWT after a dash", `id-${jwt}`, "[redacted]"],
    ["a JWT whose text was cut off in its claims", `got ${jwt.slice(0, 40)}`, "got [redacted]"],
    ["a bearer token", "authorization: Bearer abc.def-123", "authorization: Bearer [redacted]"],
    ["basic credentials", "Basic dXNlcjpwYXNz, then", "Basic [redacted], then"],
    [
      "a password in a URL",
      "redis://default:s3cr3t@cache:6379/0 and postgres://app:pa%20ss@db/x",
      "redis://default:[redacted]@cache:6379/0 and postgres://app:[redacted]@db/x",
    ],
    ["a password alone in a URL", "redis://:s3cr3t@cache:6379", "redis://:[redacted]@cache:6379"],
    [
      "a secret in a query",
      "/cb?state=1&access_token=abc123&client_secret=xyz9&x=1",
      "/cb?state=1&access_token=[redacted]&client_secret=[redacted]&x=1",
    ],
    ["a secret in JSON", '{"password":"hunter2","a":1}', '{"password":"[redacted]","a":1}'],
    ["a key of OpenAI", "key sk-proj-abcDEF1234567890abcdef is wrong", "key [redacted] is wrong"],
    ["a key of Stripe", "sk_live_51H8abcdefghijklmnop refused", "[redacted] refused"],
    ["a key of AWS", "AKIAIOSFODNN7EXAMPLE refused", "[redacted] refused"],
    ["a token of GitHub", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[redacted]"],
    ...["cwk_abcdefgh", "cwr", "cwc", "dsk", "dst", "clm"].map(
      (prefix): readonly [string, string, string] => [
        `a credential of the platform that begins with ${prefix}`,
        `got ${prefix}_AbCdEfGhIjKlMnOpQrStUvWxYz-and_so_on here`,
        "got [redacted] here",
      ],
    ),
    ["an e-mail address in a path", "a.shopper%40example.com/carts", "[redacted]/carts"],
    ["an e-mail address", "no user a.shopper+x@mail.example.co.uk here", "no user [redacted] here"],
    ["a card number", "card 4111 1111 1111 1111 declined", "card [redacted] declined"],
    ["a card number in one piece", "pan=5500005555555559;", "pan=[redacted];"],
    [
      "a private key",
      "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY----- after",
      "[redacted] after",
    ],
    ["a private key cut short", "x -----BEGIN PRIVATE KEY-----\nMHcCAQEE", "x [redacted]"],
  ])("%s", (_name, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });
});

describe("other text is unchanged", () => {
  test.each([
    "GET /api/carts/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b 200 in 12.5 ms",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "at 1795235954171 the loop was late",
    "order 1234567890123456 is not a card",
    "connect ECONNREFUSED 127.0.0.1:5432",
    "postgres://db.internal:5432/cartway",
    "max tokens: 4096",
    "2026-11-21T04:39:14.171Z",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "eyJ",
    "a@b",
    "basic auth is off",
    "",
  ])("%s", (text) => {
    expect(redactText(text)).toBe(text);
  });
});

test("a text crafted to be slow takes linear time", () => {
  const hostile = [
    "a@".repeat(4000),
    "eyJaaaaa.".repeat(900),
    "4 ".repeat(4000),
    "http://".repeat(1100),
    "-----BEGIN PRIVATE KEY-----".repeat(300),
    `${"a".repeat(8000)}@`,
    "token_".repeat(1300),
    // long enough that even quadratic time is minutes
    "-eyJ".repeat(500_000),
    `${"-eyJaaaaa".repeat(200_000)}.`,
    `${"-eyJaaaaa".repeat(200_000)}..`,
    "Bearer ".repeat(1100),
    `${"1".repeat(8000)}x`,
  ];
  // A pattern that backtracks takes minutes here, and the test runner's own limit ends it.
  for (const text of hostile) expect(redactText(text).length).toBeLessThanOrEqual(2 * text.length + 100);
});

test("redacting twice gives the same text", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.constantFrom(jwt, "Bearer abcdef123", "a@b.cc", "token=abcdef"))),
      (parts) => {
        const once = redactText(parts.join(" "));
        expect(redactText(once)).toBe(once);
        expect(once).not.toContain(jwt);
      },
    ),
  );
});
