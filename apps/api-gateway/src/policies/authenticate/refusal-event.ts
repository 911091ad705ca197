import type { TurnedAway } from "../../model/identity/authentication.ts";
import type { SecurityEvent } from "../../telemetry/security-events.ts";
import type { NotKnown } from "./challenge.ts";

/** The security event of a refused caller; `null` without credentials, which is not an attempt. */
export function eventOf(
  answer: NotKnown | TurnedAway,
): Pick<SecurityEvent, "kind" | "reason" | "details"> | null {
  if (answer.outcome === "absent") return null;
  const details = { identity: answer.identity };
  switch (answer.outcome) {
    case "rejected":
    case "barred":
      return { kind: "credentials_rejected", reason: answer.reason, details };
    case "throttled":
      return { kind: "login_throttled", reason: "rate_limited", details };
    case "unavailable":
      return { kind: "identity_unavailable", reason: "unavailable", details };
    case "turned_away": {
      const { status, hadCredentials } = answer.notice;
      if (status === 403) return { kind: "access_denied", reason: "turned_away", details };
      return hadCredentials ? { kind: "credentials_rejected", reason: "turned_away", details } : null;
    }
  }
}
