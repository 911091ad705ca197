import type { Sql } from "@libs/database";
import { GroupCommit } from "../batching/group-commit.ts";
import { digestOf } from "../model/secrets.ts";
import { type DeviceStatuses, type StatusRow, toStatus } from "./device-statuses.ts";

/** A valid token: not expired, not revoked. */
export interface KnownToken {
  readonly id: string;
  readonly deviceId: string;
  readonly expiresAtMs: number;
}

export interface DeviceTokensOptions {
  readonly sql: Sql;
  readonly statuses: DeviceStatuses;
  readonly now: () => number;
  /** Lifetime of a token from its last use on. */
  readonly tokenLifeMs: number;
  /** Maximum delay until a revocation by another instance is noticed here. This instance's own are known at once. */
  readonly ttlMs: number;
  readonly sizeMax?: number;
}

interface TokenRow extends StatusRow {
  readonly token_hash: string;
  readonly token_id: string;
  readonly expires_at: Date;
}

interface Remembered {
  readonly token: KnownToken;
  readonly readAt: number;
}

/** The expiry is extended once this share of the lifetime has passed, so that a use is not a write. */
const slideAfter = 0.01;

/** Device tokens by their digests. Concurrent lookups are read together. */
export class DeviceTokens {
  readonly #options: DeviceTokensOptions;
  readonly #known = new Map<string, Remembered>();
  readonly #digests = new Map<string, Set<string>>();
  readonly #reads: GroupCommit<string, TokenRow | null>;

  constructor(options: DeviceTokensOptions) {
    this.#options = options;
    this.#reads = new GroupCommit({ work: (digests) => this.#read(digests), keyOf: (digest) => digest });
  }

  /** Counts as a use: extends the token's lifetime. `null` where it is unknown, expired or revoked. */
  async find(token: string): Promise<KnownToken | null> {
    const { now, ttlMs } = this.#options;
    const digest = digestOf(token);
    const remembered = this.#known.get(digest);
    const isFresh = remembered !== undefined && now() - remembered.readAt < ttlMs;
    const known = isFresh ? remembered.token : await this.#ask(digest);
    if (known === null || known.expiresAtMs <= now()) return null;
    return await this.#slide(digest, known);
  }

  /** MUST be called when tokens of the device were revoked. */
  forget(deviceId: string): void {
    for (const digest of this.#digests.get(deviceId) ?? []) this.#known.delete(digest);
    this.#digests.delete(deviceId);
  }

  async #ask(digest: string): Promise<KnownToken | null> {
    const { statuses } = this.#options;
    const changesBefore = statuses.changes;
    const row = await this.#reads.add(digest);
    if (row === null) return null;
    // the request that carries this token looks up the state next
    statuses.noteIfUnknown(toStatus(row), changesBefore);
    const token = { id: row.token_id, deviceId: row.id, expiresAtMs: row.expires_at.getTime() };
    // a state invalidated during the read may be outdated
    if (statuses.changes === changesBefore) this.#remember(digest, token);
    return token;
  }

  #remember(digest: string, token: KnownToken): void {
    const { now, sizeMax = 200_000 } = this.#options;
    if (this.#known.size >= sizeMax) {
      this.#known.clear();
      this.#digests.clear();
    }
    this.#known.set(digest, { token, readAt: now() });
    const own = this.#digests.get(token.deviceId) ?? new Set();
    this.#digests.set(token.deviceId, own.add(digest));
  }

  async #read(digests: readonly string[]): Promise<readonly (TokenRow | null)[]> {
    const rows = await this.#options.sql.query<TokenRow>(
      `select token.token_hash, token.id as token_id, token.expires_at, device.id, device.customer_id, device.status,
          device.registered_at, device.online, device.last_seen_at, device.reported
        from fleet_device_tokens token join fleet_devices device on device.id = token.device_id
        where token.token_hash = any($1) and token.revoked_at is null`,
      [digests],
      { prepareAs: "fleet_find_tokens" },
    );
    const byDigest = new Map(rows.map((row) => [row.token_hash, row]));
    return digests.map((digest) => byDigest.get(digest) ?? null);
  }

  async #slide(digest: string, token: KnownToken): Promise<KnownToken | null> {
    const { sql, statuses, now, tokenLifeMs } = this.#options;
    const nowMs = now();
    if (token.expiresAtMs - nowMs >= tokenLifeMs * (1 - slideAfter)) return token;
    // a suspended device's tokens live until they expire
    if ((await statuses.find(token.deviceId))?.state !== "active") return token;
    const expiresAtMs = nowMs + tokenLifeMs;
    const changesBefore = statuses.changes;
    const [row] = await sql.query(
      "update fleet_device_tokens set expires_at = $2 where id = $1 and revoked_at is null returning id",
      [token.id, new Date(expiresAtMs)],
    );
    if (row === undefined) return null;
    const moved = { ...token, expiresAtMs };
    if (statuses.changes === changesBefore) this.#remember(digest, moved);
    return moved;
  }
}
