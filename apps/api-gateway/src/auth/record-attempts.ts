import { CartwayError } from "@libs/errors";
import type { SecurityEvents } from "../telemetry/security-events.ts";

/** Finds out who calls, and puts on record whoever is refused for what they presented. */
export type RecordAttempts = <T>(request: Request, find: () => T) => T;

/** A wrong token, or another site's page that speaks with its visitor's cookie. Who presents nothing tries nothing. */
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
