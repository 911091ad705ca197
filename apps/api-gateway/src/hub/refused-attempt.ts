import { CartwayError, type CartwayErrorOptions, type ErrorCode } from "@libs/errors";
import type { SecurityEvent, SecurityEvents } from "../telemetry/security-events.ts";

/** What an operator shall know of an attempt to get in; where it was made, and whence, knows whoever answers it. */
export type Attempt = Pick<SecurityEvent, "kind" | "reason" | "details">;

/** The refusal of somebody who tried what is not theirs: besides being answered, it belongs on record. */
export class RefusedAttempt extends CartwayError {
  readonly attempt: Attempt;

  constructor(code: ErrorCode, attempt: Attempt, options: CartwayErrorOptions = {}) {
    super(code, options);
    this.attempt = attempt;
  }
}

/** Puts a refusal on record where it is one of an attempt. @param route such as `hub /ws` */
export function recordAttempt(
  securityEvents: SecurityEvents,
  thrown: unknown,
  { route, address }: { readonly route: string; readonly address: string },
): void {
  if (thrown instanceof RefusedAttempt) securityEvents.report({ ...thrown.attempt, route, address });
}
