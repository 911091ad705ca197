import { randomBytes } from "node:crypto";
import { digestOf } from "../token/token-digest.ts";

const pattern = /^cwr_[A-Za-z0-9_-]{43}$/;

/** 256 random bits cannot be guessed, so a plain SHA-256 suffices at rest. */
export function createRefreshToken(): string {
  return `cwr_${randomBytes(32).toString("base64url")}`;
}

/** The stored digest of a refresh token; `null` for a text that cannot be one. */
export function refreshTokenHash(token: string): string | null {
  return pattern.test(token) ? digestOf(token) : null;
}
