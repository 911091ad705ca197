import type { Sql } from "@libs/database";
import { CartwayError } from "@libs/errors";
import { GroupCommit } from "../batching/group-commit.ts";
import { plainArray } from "../batching/plain-array.ts";
import type { DeviceState } from "../model/device-states.ts";
import { issuedAtMs } from "./token-id.ts";

export interface ReportedStatus {
  readonly status: "ok" | "degraded" | "failing";
  readonly agentVersion: string | null;
}

/** The current state of a device. */
export interface DeviceStatus {
  readonly deviceId: string;
  readonly customerId: string;
  readonly state: DeviceState;
  /** Tokens issued before this belong to a registration that a rotation has ended. */
  readonly registeredAtMs: number;
  readonly online: boolean;
  readonly lastSeenAtMs: number | null;
  readonly reported: ReportedStatus | null;
}

/** A heartbeat, as far as it changes the state. */
export interface Seen {
  readonly atMs: number;
  readonly reported: ReportedStatus;
}

export interface StatusRow {
  readonly id: string;
  readonly customer_id: string;
  readonly status: DeviceState;
  readonly registered_at: Date | null;
  readonly online: boolean;
  readonly last_seen_at: Date | null;
  readonly reported: ReportedStatus | null;
}

/** A device by a token that the gateway has verified. */
export interface TokenHolder {
  readonly deviceId: string;
  readonly tokenId: string;
}

export interface DeviceStatusesOptions {
  readonly sql: Sql;
  readonly now: () => number;
  /** Maximum delay until a change by another instance is noticed here. This instance's own changes are known at once. */
  readonly ttlMs?: number;
  readonly sizeMax?: number;
}

const statusText = `
  select id, customer_id, status, registered_at, online, last_seen_at, reported from fleet_devices where id = any($1)`;

/** With several instances nearly every call reads its device again: concurrent reads become one statement. */
const readEveryMs = 3;

/**
 * Cached states of devices, read often and changed rarely. Statements that move commands check the state again themselves,
 * so a cached state that is a second old can let a heartbeat pass, but never a command or a result.
 */
export class DeviceStatuses {
  readonly #options: DeviceStatusesOptions;
  readonly #known = new Map<string, { readonly status: DeviceStatus; readonly readAt: number }>();
  readonly #reading = new Map<string, Promise<DeviceStatus | null>>();
  readonly #reads: GroupCommit<string, DeviceStatus | null>;
  #changes = 0;

  constructor(options: DeviceStatusesOptions) {
    this.#options = options;
    this.#reads = new GroupCommit({
      work: (deviceIds) => this.#ask(deviceIds),
      keyOf: (deviceId) => deviceId,
      everyMs: readEveryMs,
    });
  }

  /** `null` for an unknown device. */
  async find(deviceId: string): Promise<DeviceStatus | null> {
    const { now, ttlMs = 1000 } = this.#options;
    const known = this.#known.get(deviceId);
    if (known !== undefined && now() - known.readAt < ttlMs) return known.status;
    return await (this.#reading.get(deviceId) ?? this.#read(deviceId));
  }

  /** The state of an active device. @throws CartwayError `forbidden` where it is suspended or retired, else `invalid_token` */
  async requireActive(deviceId: string): Promise<DeviceStatus> {
    const status = await this.find(deviceId);
    if (status === null || status.state === "provisioned") throw new CartwayError("invalid_token");
    if (status.state !== "active") throw notActive(status.state);
    return status;
  }

  /**
   * The same for a device that presents a token: one issued before its last registration is refused here, even if the gateway
   * still has it cached.
   */
  async requireHolder({ deviceId, tokenId }: TokenHolder): Promise<DeviceStatus> {
    const status = await this.requireActive(deviceId);
    if (issuedAtMs(tokenId) < status.registeredAtMs) throw new CartwayError("invalid_token");
    return status;
  }

  /**
   * Adds a heartbeat to the state that its device was admitted by. That state gets no younger by it: otherwise a change by another
   * instance would go unnoticed for as long as the device sends heartbeats. Ignored where the state was invalidated meanwhile.
   */
  seen(before: DeviceStatus, { atMs, reported }: Seen): void {
    const known = this.#known.get(before.deviceId);
    if (known === undefined || known.status.state !== before.state) return;
    const status = { ...known.status, online: true, lastSeenAtMs: atMs, reported };
    this.#known.set(before.deviceId, { ...known, status });
  }

  /** Counts invalidations: a reader takes the count before it reads, and passes it along with what it has read. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Adds what another statement has read since `changesBefore`. Ignored if anything was invalidated meanwhile, because it may be
   * outdated, and for devices already cached, whose state may include a heartbeat that is not written yet.
   */
  noteIfUnknown(status: DeviceStatus, changesBefore: number): void {
    const { now, ttlMs = 1000 } = this.#options;
    if (this.#changes !== changesBefore) return;
    const known = this.#known.get(status.deviceId);
    if (known === undefined || now() - known.readAt >= ttlMs) this.#note(status);
  }

  invalidate(deviceId: string): void {
    this.#changes += 1;
    this.#known.delete(deviceId);
    this.#reading.delete(deviceId);
  }

  /** Caches a state that was read now. */
  #note(status: DeviceStatus): void {
    const { now, sizeMax = 200_000 } = this.#options;
    if (this.#known.size >= sizeMax) this.#known.clear();
    this.#known.set(status.deviceId, { status, readAt: now() });
  }

  /** One read at a time per device. A result overtaken by a change is returned but not cached. */
  #read(deviceId: string): Promise<DeviceStatus | null> {
    const reading = this.#reads.add(deviceId).then(
      (status) => {
        if (this.#reading.get(deviceId) !== reading) return status;
        this.#reading.delete(deviceId);
        if (status !== null) this.#note(status);
        return status;
      },
      (error: unknown) => {
        this.#reading.delete(deviceId);
        throw error;
      },
    );
    this.#reading.set(deviceId, reading);
    return reading;
  }

  async #ask(deviceIds: readonly string[]): Promise<readonly (DeviceStatus | null)[]> {
    const { sql } = this.#options;
    const rows = await sql.query<StatusRow>(statusText, [plainArray(deviceIds)], {
      prepareAs: "fleet_device_statuses",
    });
    const byId = new Map(rows.map((row) => [row.id, toStatus(row)]));
    return deviceIds.map((deviceId) => byId.get(deviceId) ?? null);
  }
}

export function notActive(state: "suspended" | "retired"): CartwayError {
  return new CartwayError("forbidden", { message: `The device is ${state}.`, details: { state } });
}

export function toStatus(row: StatusRow): DeviceStatus {
  return {
    deviceId: row.id,
    customerId: row.customer_id,
    state: row.status,
    registeredAtMs: row.registered_at?.getTime() ?? Number.POSITIVE_INFINITY,
    online: row.online,
    lastSeenAtMs: row.last_seen_at?.getTime() ?? null,
    reported: row.reported,
  };
}
