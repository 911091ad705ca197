import { CartwayError } from "@libs/errors";
import type { SecurityEvents } from "../telemetry/security-events.ts";

/** Identifies the caller, and records those who are refused because of their credentials. */
export type RecordAttempts = <T>(request: Request, find: () => T) => T;

/** Invalid tokens, and pages of other sites that use a visitor's cookie. A request without credentials is not an attempt. */
const attempts = {
  invalid_token: { kind: "credentials_rejected", reason: "invalid_token" },
  forbidden: { kind: "csrf_refused", reason: "foreign_page" },
} as const;

export function createAttemptRecord(
  securityEvents: SecurityEvents,
  clientIp: (request: Request) => string,
): RecordAttempts {
  return (request, find) => {
    try {
      return find();
    } catch (thrown) {
      const code = thrown instanceof CartwayError ? thrown.code : null;
      if (code === "invalid_token" || code === "forbidden")
        securityEvents.report({ ...attempts[code], route: "auth", address: clientIp(request) });
      throw thrown;
    }
  };
}
