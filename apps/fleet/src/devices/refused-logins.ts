import { type Logger, ThinnedLines } from "@libs/monitoring";
import type { FleetMetrics, LoginRefusal } from "../fleet-metrics.ts";

/** Lines a second and reason: a flood of guesses is counted whole and logged in part. */
const linesOfReason = 100;

interface RefusedLogin {
  readonly reason: LoginRefusal;
  readonly address: string;
  /** Of a device that there is, not what the caller sent. */
  readonly deviceId?: string;
}

/** Tells operators of registrations and logins that were refused: whence and why, never the code or the secret. */
export class RefusedLogins {
  readonly #logger: Logger;
  readonly #metrics: FleetMetrics;
  readonly #lines: ThinnedLines;

  constructor(logger: Logger, metrics: FleetMetrics) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#lines = new ThinnedLines({ logger, message: "more was refused", linesOfKind: linesOfReason });
  }

  report({ reason, address, ...device }: RefusedLogin): void {
    this.#metrics.refusedLogin(reason);
    const fields = { security: "device_login_refused", reason };
    // not `address`: what stands under that name is withheld from the log
    if (this.#lines.admits(reason, fields))
      this.#logger.warn({ ...fields, clientIp: address, ...device }, "refused: device_login_refused");
  }
}
