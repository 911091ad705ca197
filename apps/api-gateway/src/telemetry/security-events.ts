import { type Logger, type Metrics, ThinnedLines } from "@libs/monitoring";

/** What an operator wants to know of attempts to get in. Never a credential: only where, whence and why. */
export interface SecurityEvent {
  readonly kind:
    | "credentials_rejected"
    | "identity_unavailable"
    | "access_denied"
    | "origin_refused"
    | "sign_in_refused"
    | "tenant_refused"
    | "address_refused"
    | "signature_refused"
    | "csrf_refused"
    | "admin_refused"
    | "rate_limited"
    | "login_failed"
    | "login_throttled"
    | "refresh_rejected"
    | "refresh_reused";
  readonly route: string;
  /** One of a closed set of words. */
  readonly reason: string;
  readonly address: string;
  /** Ids of the config or of our own rows. */
  readonly details?: Readonly<Record<string, string>>;
}

export interface SecurityEvents {
  report(event: SecurityEvent): void;
}

/** Lines a second and kind: a flood of attempts is counted whole and logged in part. */
const linesOfKind = 100;

export function createSecurityEvents(deps: {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly monotonicNow: () => number;
}): SecurityEvents {
  const total = deps.metrics.counter({
    name: "cartway_security_events_total",
    help: "Attempts that were refused, by what refused them and why.",
    labels: ["kind", "route", "reason"],
  });
  const lines = new ThinnedLines({
    logger: deps.logger,
    message: "more was refused",
    linesOfKind,
    linesInAll: Number.POSITIVE_INFINITY,
    now: deps.monotonicNow,
  });
  return {
    report(event) {
      const { kind, route, reason, address, details } = event;
      total.with({ kind, route, reason }).inc();
      if (!lines.admits(kind, { security: kind })) return;
      // not `address`: what stands under that name is withheld from the log
      deps.logger.warn({ security: kind, route, reason, clientIp: address, ...details }, `refused: ${kind}`);
    },
  };
}
