import { CartwayError } from "@libs/errors";
import { recordAudit } from "../audit/record-audit.ts";
import type { Fleet } from "../fleet.ts";
import type { DeviceState } from "../model/device-states.ts";
import { createSecret, digestOf, matchesDigest } from "../model/secrets.ts";
import { notActive } from "./device-statuses.ts";
import type { Guess } from "./guess-throttle.ts";
import { takeGuesses } from "./take-guesses.ts";
import { createTokenId } from "./token-id.ts";

export interface DeviceLogin {
  readonly deviceId: string;
  readonly secret: string;
  readonly address: string;
}

export interface DeviceToken {
  readonly token: string;
  /** ISO 8601; extended as the token is used. */
  readonly expiresAt: string;
}

interface SecretRow {
  readonly customer_id: string;
  readonly status: DeviceState;
  readonly secret_hash: string | null;
  readonly next_secret_hash: string | null;
}

type Authenticating = Pick<Fleet, "sql" | "throttle" | "refusedLogins" | "limits" | "now">;

/**
 * Issues a token to a device that presents its secret. The first use of a replacement secret invalidates the previous one.
 * @throws CartwayError `invalid_credentials`, `rate_limited`; `forbidden` for the right secret of a suspended or retired device
 */
export async function authenticateDevice(
  fleet: Authenticating,
  { deviceId, secret, address }: DeviceLogin,
): Promise<DeviceToken> {
  const guesses: Guess[] = [
    { kind: "address", key: address },
    { kind: "pair", key: `${deviceId} ${address}` },
    { kind: "device", key: deviceId },
  ];
  await takeGuesses(fleet, guesses, address);
  const [row] = await fleet.sql.query<SecretRow>(
    "select customer_id, status, secret_hash, next_secret_hash from fleet_devices where id = $1",
    [deviceId],
    { prepareAs: "fleet_device_secret" },
  );
  if (row !== undefined) {
    const ofCustomer: Guess = { kind: "customer", key: row.customer_id };
    await takeGuesses(fleet, [ofCustomer], address);
    guesses.push(ofCustomer);
  }
  const digest = digestOf(secret);
  const isCurrent = matchesDigest(digest, row?.secret_hash ?? null);
  const isNext = matchesDigest(digest, row?.next_secret_hash ?? null);
  if (row === undefined || (!isCurrent && !isNext)) {
    const device = row === undefined ? {} : { deviceId };
    fleet.refusedLogins.report({ reason: "credentials", address, ...device });
    throw new CartwayError("invalid_credentials");
  }
  await fleet.throttle.giveBack(guesses);
  if (row.status === "suspended" || row.status === "retired") {
    fleet.refusedLogins.report({ reason: "state", address, deviceId });
    throw notActive(row.status);
  }
  return await issueToken(fleet, { deviceId, customerId: row.customer_id, digest, isNext });
}

interface NewToken {
  readonly deviceId: string;
  readonly customerId: string;
  readonly digest: string;
  readonly isNext: boolean;
}

/** A device needs one, and another for each of its restarts: one that logs in without end must not fill the table. */
const tokensMax = 16;

/** Ids grow with time. */
const deleteOldestText = `
  delete from fleet_device_tokens where id in
    (select id from fleet_device_tokens where device_id = $1 and revoked_at is null order by id desc offset $2)`;

/** Only while the secret is still the device's: a concurrent rotation wins, and a replacement made meanwhile stays. */
async function issueToken(
  fleet: Authenticating,
  { deviceId, customerId, digest, isNext }: NewToken,
): Promise<DeviceToken> {
  const token = createSecret("dst");
  const at = new Date(fleet.now());
  const expiresAt = new Date(at.getTime() + fleet.limits.tokenLifeMs);
  await fleet.sql.transaction(async (sql) => {
    const [device] = await sql.query<{ registered_at: Date }>(
      `update fleet_devices set secret_hash = $2, next_secret_hash = nullif(next_secret_hash, $2)
        where id = $1 and status = 'active' and $2 in (secret_hash, next_secret_hash)
        returning registered_at`,
      [deviceId, digest],
    );
    if (device === undefined) throw new CartwayError("invalid_credentials");
    await sql.query(
      "insert into fleet_device_tokens (id, device_id, token_hash, created_at, expires_at) values ($1, $2, $3, $4, $5)",
      [createTokenId(at.getTime(), device.registered_at.getTime()), deviceId, digestOf(token), at, expiresAt],
    );
    await sql.query(deleteOldestText, [deviceId, tokensMax], { prepareAs: "fleet_oldest_tokens" });
    if (!isNext) return;
    const event = { subject: "device", subjectId: deviceId, deviceId, customerId, sessionId: null } as const;
    await recordAudit(sql, {
      at,
      actor: { kind: "device", id: deviceId },
      events: [{ ...event, event: "replace_secret", from: "active", to: "active" }],
    });
  });
  return { token, expiresAt: expiresAt.toISOString() };
}
