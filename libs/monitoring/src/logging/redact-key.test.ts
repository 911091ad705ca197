import { describe, expect, test } from "bun:test";
import { isSensitiveKey } from "./redact-key.ts";

describe("a key whose value is redacted", () => {
  test.each([
    "authorization",
    "Authorization",
    "proxy-authorization",
    "cookie",
    "Set-Cookie",
    "password",
    "newPassword",
    "passwd",
    "user_password_hash",
    "token",
    "accessToken",
    "refresh_token",
    "x-csrf-token",
    "secret",
    "clientSecret",
    "apiKey",
    "api_key",
    "x-api-key",
    "privateKey",
    "signing-key",
    "credentials",
    "email",
    "customerEmail",
    "e-mail",
    "phone",
    "phoneNumber",
    "cardNumber",
    "cvv",
    "pin",
    "otp",
    "firstName",
    "address",
    "jwt",
    "dsn",
    "connectionString",
    "x".repeat(200),
  ])("%s", (key) => {
    expect(isSensitiveKey(key)).toBe(true);
  });
});

describe("a key whose value is shown", () => {
  test.each([
    "requestId",
    "tokens",
    "maxTokens",
    "promptTokens",
    "tokenCount",
    "passengers",
    "author",
    "spinner",
    "pinned",
    "route",
    "ipAddress",
    "status",
    "keyId",
    "sessionId",
    "constructor",
  ])("%s", (key) => {
    expect(isSensitiveKey(key)).toBe(false);
  });
});

test("the memory for verdicts on keys is bounded, and verdicts do not change", () => {
  for (let count = 0; count < 10_000; count += 1) expect(isSensitiveKey(`made-up-${count}`)).toBe(false);
  expect(isSensitiveKey("made-up-password-9999")).toBe(true);
});
