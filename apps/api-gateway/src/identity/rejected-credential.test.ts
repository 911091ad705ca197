import { expect, test } from "bun:test";
import { rejectedCredential } from "./rejected-credential.ts";

test.each([
  ["an expired token", { reason: "expired" }, "invalid_token", "The token has expired."],
  ["a forged token", { reason: "bad_signature" }, "invalid_token", "The token is not valid."],
  [
    "an expired key",
    { reason: "expired", credential: "API key in the header x-api-key" },
    "invalid_credentials",
    "The API key in the header x-api-key has expired.",
  ],
  [
    "another certificate",
    { reason: "unknown_certificate", credential: "client certificate" },
    "invalid_credentials",
    "The client certificate is not valid.",
  ],
] as const)("%s is named, and of the reasons none but expiry", (_, rejected, code, message) => {
  expect(rejectedCredential(rejected)).toEqual({ code, message });
});
