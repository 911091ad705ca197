import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs } from "@libs/testing";
import { openSql, type TestSql } from "../../test/support/open-sql.ts";
import { recordCommand } from "../../test/support/record-command.ts";
import { createPostgreSQLQueue } from "../queue/postgresql-queue.ts";
import { type Claims, createQueueClaims, createTableClaims } from "./claims.ts";

let opened: TestSql;
beforeAll(async () => {
  opened = await openSql();
}, openingLimitMs);
afterAll(() => opened.close());

const ways: readonly (readonly [string, () => Claims])[] = [
  ["in one statement with the queue", () => createTableClaims(opened.sql)],
  ["after the queue", () => createQueueClaims(createPostgreSQLQueue(opened.sql), opened.sql)],
];

describe.each(ways)("claims recorded %s", (_name, create) => {
  const start = Date.now();
  const request = (deviceId: string, afterMs = 0) => ({
    deviceId,
    max: 5,
    visibilityMs: 30_000,
    claimDigest: crypto.randomUUID(),
    nowMs: start + afterMs,
  });
  /** A command on record and in the queue. */
  const queued = async () => {
    const command = await recordCommand(opened.sql);
    const entry = {
      ...command,
      priority: 5,
      createdAtMs: start,
      deadlineMs: start + 3_600_000,
      attemptsMax: 9,
    };
    await createPostgreSQLQueue(opened.sql).put([entry]);
    return command;
  };
  const set = (assignment: string, commandId: string) =>
    opened.sql.query(`update fleet_queue set ${assignment} where command_id = $1`, [commandId]);

  test("belong to each requesting device, and are in its audit trail", async () => {
    const claims = create();
    const commands = await Promise.all([queued(), queued(), queued()]);
    const made = await Promise.all(commands.map(({ deviceId }) => claims.make(request(deviceId))));
    expect(made.map(({ rows }) => rows.map((row) => row.id))).toEqual(commands.map((one) => [one.commandId]));
    for (const { commandId } of commands) {
      const trail = await opened.sql.query("select event, to_state from fleet_audit where subject_id = $1", [
        commandId,
      ]);
      expect(trail).toEqual([{ event: "claim", to_state: "claimed" }]);
    }
  });

  test("are not made while another is valid, even if the queue has lost it", async () => {
    const claims = create();
    const { deviceId, commandId } = await queued();
    expect((await claims.make(request(deviceId))).rows).toHaveLength(1);
    await set("hidden_until_ms = 0", commandId);
    expect(await claims.make(request(deviceId, 1000))).toEqual({ rows: [], refused: [commandId] });
    expect((await claims.make(request(deviceId, 40_000))).rows).toHaveLength(1);
  });

  test("never reuse an earlier attempt number", async () => {
    const claims = create();
    const { deviceId, commandId } = await queued();
    await claims.make(request(deviceId));
    await set("attempts = 0, hidden_until_ms = 0", commandId);
    expect(await claims.make(request(deviceId, 60_000))).toEqual({ rows: [], refused: [commandId] });
  });

  test("are refused to a suspended device", async () => {
    const claims = create();
    const { deviceId, commandId } = await queued();
    await opened.sql.query("update fleet_devices set status = 'suspended' where id = $1", [deviceId]);
    expect(await claims.make(request(deviceId))).toEqual({ rows: [], refused: [commandId] });
  });
});
