import { type Logger, ThinnedLines } from "@libs/monitoring";
import type { FleetMetrics, LoginRefusal } from "../fleet-metrics.ts";

/** Lines per second and reason: a flood of guesses is counted completely and logged in part. */
const linesOfReason = 100;

interface RefusedLogin {
  readonly reason: LoginRefusal;
  readonly address: string;
  /** Only of an existing device, never text that the caller sent. */
  readonly deviceId?: string;
}

/** Reports refused registrations and logins to operators: the source and the reason, never the code or the secret. */
export class RefusedLogins {
  readonly #logger: Logger;
  readonly #metrics: FleetMetrics;
  readonly #lines: ThinnedLines;

  constructor(logger: Logger, metrics: FleetMetrics) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#lines = new ThinnedLines({
      logger,
      message: "further refusals of this kind",
      linesOfKind: linesOfReason,
    });
  }

  report({ reason, address, ...device }: RefusedLogin): void {
    this.#metrics.refusedLogin(reason);
    const fields = { security: "device_login_refused", reason };
    // not `address`: the log redacts that field
    if (this.#lines.admits(reason, fields))
      this.#logger.warn({ ...fields, clientIp: address, ...device }, "refused: device_login_refused");
  }
}
