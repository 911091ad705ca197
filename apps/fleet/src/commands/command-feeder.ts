import type { Sql } from "@libs/database";
import type { Logger } from "@libs/monitoring";
import type { Live } from "../live/live.ts";
import type { Wakeups } from "../live/wakeups.ts";
import { commandMachine } from "../model/command-states.ts";
import { statesBefore } from "../model/state-machine.ts";
import type { CommandQueue, EntryKey, QueueEntry } from "../queue/command-queue.ts";

export interface CommandFeederParts {
  readonly sql: Sql;
  readonly queue: CommandQueue;
  readonly wakeups: Wakeups;
  readonly live: Live;
  readonly logger: Logger;
}

interface OpenCommandRow {
  readonly id: string;
  readonly device_id: string;
  readonly priority: number;
  readonly created_at: Date;
  readonly deadline_at: Date;
  readonly attempts_max: number;
  readonly attempts: number;
  readonly claimed_until: Date | null;
}

const columns = "id, device_id, priority, created_at, deadline_at, attempts_max, attempts, claimed_until";

/**
 * Skips locked rows: a command that is being claimed or answered right now is marked the next time. The states are a list, so
 * that no plan reads all open commands to find a few.
 */
const markText = `
  update fleet_commands set enqueued_epoch = $1 where id in
    (select id from fleet_commands where id = any($2::uuid[]) and status = any($3) for update skip locked)`;

/**
 * Three index ranges, each its own query in the index's order: combined, or unordered, the planner would filter
 * all open commands, or all commands ever.
 */
const missingText = ["is null", "< $1", "> $1"]
  .map(
    (range) => `(select ${columns} from fleet_commands where is_open and enqueued_epoch ${range}
      order by enqueued_epoch limit $2)`,
  )
  .join(" union all ");

/** What the record has as claimable. Rows that are locked are being claimed or answered right now. */
const claimableText = `
  update fleet_commands set enqueued_epoch = null where id in
    (select id from fleet_commands where device_id = $1 and is_open and deadline_at > $2 and updated_at <= $3
      and (status = 'queued' or (claimed_until <= $2 and attempts < attempts_max)) limit $4 for update skip locked)
  returning ${columns}`;

/** A command that changed later may be on its way into the queue. */
const settledMs = 2000;
const toldMax = 200_000;

const open = statesBefore(commandMachine, "die");

/** Commands put into the queue per call. */
const atOnce = 1000;

/**
 * Puts commands that are ready for execution into the queue: new and newly approved ones at once, and periodically
 * whatever is missing there, because an instance died or the queue lost data. The record
 * notes in which epoch of the queue a command was put there; one from another epoch is put again, with its current
 * claim. Using an outdated epoch here is harmless: a mark with it counts as missing.
 */
export class CommandFeeder {
  readonly #parts: CommandFeederParts;
  #epoch: string | null = null;
  /** Commands that were put and have not ended since, with the epoch known before the put. */
  #unmarked = new Map<string, string>();
  readonly #forgetting = new Set<Promise<void>>();
  /** Devices that know of commands to claim. */
  readonly #told = new Set<string>();

  constructor(parts: CommandFeederParts) {
    this.#parts = parts;
  }

  /**
   * Puts recorded commands that wait for their device. Never rejects: the record is authoritative, and what fails now is
   * put by `restore`.
   */
  async feed(entries: readonly QueueEntry[]): Promise<void> {
    try {
      await this.#put(entries);
    } catch (error) {
      this.#parts.logger.warn({ err: error }, "commands could not be queued now and will be queued later");
    }
  }

  /** Wakes those who wait for commands of the device: there are some in the queue. */
  announce(deviceId: string): void {
    this.#parts.wakeups.wake(deviceId);
    this.#parts.live.commandsWaiting(deviceId);
  }

  /** The same for the commands of a session. */
  async feedSession(sessionId: string): Promise<void> {
    const rows = await this.#parts.sql.query<OpenCommandRow>(
      `select ${columns} from fleet_commands where session_id = $1 and status = 'queued' order by position`,
      [sessionId],
      { prepareAs: "fleet_queued_of_session" },
    );
    await this.feed(rows.map(toEntry));
  }

  /** The device was told that there are commands to claim. */
  told(deviceId: string): void {
    if (this.#told.size >= toldMax) this.#told.clear();
    this.#told.add(deviceId);
  }

  /**
   * The device made a claim. If it was told of commands and got none, an instance died between a claim in the queue and its record:
   * the queue hides those commands, or has counted their last attempt. They are put again, with the attempts on record. Never rejects.
   */
  async claimed(
    deviceId: string,
    { count, nowMs }: { readonly count: number; readonly nowMs: number },
  ): Promise<void> {
    if (!this.#told.delete(deviceId) || count > 0) return;
    try {
      await this.#putAgain(deviceId, nowMs);
    } catch (error) {
      this.#parts.logger.warn({ err: error }, "commands that cannot be claimed could not be queued again");
    }
  }

  async #putAgain(deviceId: string, nowMs: number): Promise<void> {
    const { sql, queue } = this.#parts;
    const times = [new Date(nowMs), new Date(nowMs - settledMs)];
    const rows = await sql.query<OpenCommandRow>(claimableText, [deviceId, ...times, atOnce]);
    if (rows.length === 0) return;
    const entries = rows.map(toEntry);
    await queue.remove(entries);
    await this.#put(entries);
  }

  /**
   * Removes commands that have ended. Never rejects: an entry that stays is delivered to nobody, because its claim could not be
   * recorded, and is removed then.
   */
  async forget(keys: readonly EntryKey[]): Promise<void> {
    for (const { commandId } of keys) this.#unmarked.delete(commandId);
    const forgetting = this.#parts.queue.remove(keys).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error }, "ended commands could not be removed from the queue yet");
    });
    this.#forgetting.add(forgetting);
    await forgetting;
    this.#forgetting.delete(forgetting);
  }

  /** Resolves when everything that has ended so far is removed. */
  async settle(): Promise<void> {
    await Promise.all(this.#forgetting);
  }

  /** Puts everything that is missing. To be called at the start and periodically. */
  async restore(): Promise<void> {
    const { sql, queue } = this.#parts;
    this.#epoch = await queue.epoch();
    for (;;) {
      await this.#mark();
      const rows = await sql.query<OpenCommandRow>(missingText, [this.#epoch, atOnce], {
        prepareAs: "fleet_missing",
      });
      if (rows.length > 0) await this.#put(rows.map(toEntry));
      if (rows.length < atOnce) return;
    }
  }

  /** Records what was put, in batches, so that no command waits for it. */
  async #mark(): Promise<void> {
    const unmarked = this.#unmarked;
    this.#unmarked = new Map();
    for (const [epoch, own] of Map.groupBy(unmarked, ([, putIn]) => putIn)) {
      await this.#parts.sql.query(markText, [epoch, own.map(([id]) => id), open], {
        prepareAs: "fleet_mark_enqueued",
      });
    }
  }

  async #put(entries: readonly QueueEntry[]): Promise<void> {
    const { queue } = this.#parts;
    const epoch = this.#epoch;
    await queue.put(entries);
    if (epoch !== null) for (const { commandId } of entries) this.#unmarked.set(commandId, epoch);
    for (const deviceId of new Set(entries.map((entry) => entry.deviceId))) this.announce(deviceId);
  }
}

function toEntry(row: OpenCommandRow): QueueEntry {
  return {
    commandId: row.id,
    deviceId: row.device_id,
    priority: row.priority,
    createdAtMs: row.created_at.getTime(),
    deadlineMs: row.deadline_at.getTime(),
    attemptsMax: row.attempts_max,
    attempts: row.attempts,
    hiddenUntilMs: row.claimed_until?.getTime() ?? 0,
  };
}
