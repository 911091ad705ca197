import { CartwayError, type CartwayErrorOptions, type ErrorCode } from "@libs/errors";
import type { SecurityEvent, SecurityEvents } from "../telemetry/security-events.ts";

/** The security event of a refused attempt, without route and address, which the code that answers it adds. */
export type Attempt = Pick<SecurityEvent, "kind" | "reason" | "details">;

/** A refusal that is reported as a security event besides being answered. */
export class RefusedAttempt extends CartwayError {
  readonly attempt: Attempt;

  constructor(code: ErrorCode, attempt: Attempt, options: CartwayErrorOptions = {}) {
    super(code, options);
    this.attempt = attempt;
  }
}

/** Reports the error as a security event if it is a `RefusedAttempt`. @param route such as `hub /ws` */
export function recordAttempt(
  securityEvents: SecurityEvents,
  thrown: unknown,
  { route, address }: { readonly route: string; readonly address: string },
): void {
  if (thrown instanceof RefusedAttempt) securityEvents.report({ ...thrown.attempt, route, address });
}
