import { expect, test } from "bun:test";
import type { Sql } from "@libs/database";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { openingLimitMs } from "@libs/testing";
import { openSql } from "../../test/support/open-sql.ts";
import { createFleetMetrics } from "../fleet-metrics.ts";
import { fleetDefaults } from "../fleet.ts";
import { digestOf } from "../model/secrets.ts";
import { authenticateDevice } from "./authenticate-device.ts";
import { createThrottleLimiter } from "./create-throttle-limiter.ts";
import { GuessThrottle } from "./guess-throttle.ts";
import { RefusedLogins } from "./refused-logins.ts";

test(
  "a login with a secret that has replaced another keeps the replacement that was made for it meanwhile",
  async () => {
    const opened = await openSql();
    const { sql } = opened;
    const deviceId = crypto.randomUUID();
    await sql.query(
      `insert into fleet_devices (id, customer_id, name, status, created_at, registered_at, secret_hash, next_secret_hash)
        values ($1, 'shop', 'Kiosk', 'active', now(), now(), $2, $3)`,
      [deviceId, digestOf("first"), digestOf("second")],
    );
    let reads = 0;
    const meanwhile: Sql = {
      async query(text, parameters, options) {
        const rows = await sql.query<never>(text, parameters, options);
        reads += options?.prepareAs === "fleet_device_secret" ? 1 : 0;
        // another login used the second secret, and asked for a third one
        if (reads === 1)
          await sql.query(
            "update fleet_devices set secret_hash = next_secret_hash, next_secret_hash = $2 where id = $1",
            [deviceId, digestOf("third")],
          );
        return rows;
      },
      transaction: (work) => sql.transaction(work),
    };
    const { logger } = createMemoryLogger();
    const metrics = createFleetMetrics(createMetrics({ service: "fleet", processMetrics: false }));
    const fleet = {
      sql: meanwhile,
      throttle: new GuessThrottle(createThrottleLimiter(null, logger)),
      refusedLogins: new RefusedLogins(logger, metrics),
      limits: fleetDefaults,
      now: Date.now,
    };
    const login = (secret: string) => authenticateDevice(fleet, { deviceId, secret, address: "192.0.2.1" });
    await login("second");
    expect((await login("third")).token).toStartWith("dst_");
    await opened.close();
  },
  openingLimitMs,
);
