import { type Logger, type Metrics, ThinnedLines } from "@libs/monitoring";

/** An authentication event for operators. Contains no credential, only where, from where and why. */
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
  /** From a closed set of words. */
  readonly reason: string;
  readonly address: string;
  /** Ids from the config or of our own rows. */
  readonly details?: Readonly<Record<string, string>>;
}

export interface SecurityEvents {
  report(event: SecurityEvent): void;
}

/** Log lines per second and kind: a flood is counted completely, and logged in part. */
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
    message: "further refusals of this kind",
    linesOfKind,
    linesInAll: Number.POSITIVE_INFINITY,
    now: deps.monotonicNow,
  });
  return {
    report(event) {
      const { kind, route, reason, address, details } = event;
      total.with({ kind, route, reason }).inc();
      if (!lines.admits(kind, { security: kind })) return;
      // not named `address`, a key that the log redacts
      deps.logger.warn({ security: kind, route, reason, clientIp: address, ...details }, `refused: ${kind}`);
    },
  };
}
