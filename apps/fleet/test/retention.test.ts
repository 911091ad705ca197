import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { pickText, serverSuiteName, serverUrl } from "@libs/testing";
import { fleetDefaults } from "../src/fleet.ts";
import { deleteOld } from "../src/retention/delete-old.ts";
import { keepHeartbeats } from "../src/retention/keep-heartbeats.ts";
import { startFleet, type TestFleet } from "./support/start-fleet.ts";
import { addDevice, claim, decide, openSession, report, riskyCommand } from "./support/story.ts";

const day = 86_400_000;

function describeRetention(name: string, onServers: boolean): void {
  describe(name, () => {
    let fleet: TestFleet;
    beforeAll(async () => {
      fleet = await startFleet({ onServers });
    }, 120_000);
    afterAll(() => fleet.stop());

    const deleteAfter = (days: number, keepAuditDays: number) => {
      const limits = { ...fleetDefaults, keepAuditMs: keepAuditDays * day };
      return deleteOld({ sql: fleet.sql, now: () => Date.now() + days * day, limits });
    };
    const count = async (table: string): Promise<number> => {
      const [row] = await fleet.sql.query<{ count: number }>(`select count(*) as count from ${table}`);
      return row?.count ?? 0;
    };

    test("ended sessions are deleted with everything of theirs after their retention time; open ones are kept", async () => {
      const customer = fleet.asCustomer("shop-1");
      const { id, device } = await addDevice(fleet, "shop-1");
      const risky = await openSession(customer, id, { commands: [riskyCommand, riskyCommand] });
      await decide(fleet.asCustomer("shop-1", "ben"), risky);
      for (const command of await claim(device)) await report(device, command);
      for (let index = 0; index < 60; index += 1) await openSession(customer, id);
      for (const command of await claim(device, { max: 60 })) await report(device, command);
      const running = pickText(await openSession(customer, id), "id");

      expect(await deleteAfter(0, 4000)).toMatchObject({ sessions: 0 });
      expect(await count("fleet_sessions")).toBe(62);
      expect(await deleteAfter(91, 4000)).toEqual({ sessions: 61, events: 0, tokens: 0 });
      expect(await fleet.sql.query("select id from fleet_sessions")).toEqual([{ id: running }]);
      expect([await count("fleet_commands"), await count("fleet_approvals")]).toEqual([1, 0]);
    }, 60_000);

    test("the audit trail is kept longer than sessions, for its own time of at least a week", async () => {
      const before = await count("fleet_audit");
      await fleet.sql.query(
        `insert into fleet_audit (at, customer_id, subject, subject_id, device_id, event, to_state, actor_kind, actor_id)
          select now() - interval '6 days', 'c', 'device', id, id, 'resume', 'active', 'person', 'ana'
          from fleet_devices limit 1`,
      );
      expect(await deleteAfter(0, 7)).toMatchObject({ events: before });
      await expect(deleteAfter(0, 5)).rejects.toThrow("only grows");
      expect(await count("fleet_audit")).toBe(1);
    });

    test("expired tokens are deleted, others are not", async () => {
      const { id, secret } = await addDevice(fleet, "shop-2");
      await fleet.asNobody.post("/api/v1/device/auth", { deviceId: id, secret });
      expect(await count("fleet_device_tokens")).toBe(1);
      const at = (days: number) => () => fleet.clock.now() + days * day;
      expect(await deleteOld({ sql: fleet.sql, now: at(13), limits: fleetDefaults })).toMatchObject({
        tokens: 0,
      });
      expect(await deleteOld({ sql: fleet.sql, now: at(15), limits: fleetDefaults })).toMatchObject({
        tokens: 1,
      });
    });

    test("the database itself prevents changes of the trail, deletion of referenced rows, and unapproved commands", async () => {
      const { id } = await addDevice(fleet, "s-14");
      await openSession(fleet.asCustomer("s-14"), id, { commands: [riskyCommand] });
      await fleet.sql.query(
        `insert into fleet_audit (at, customer_id, subject, subject_id, device_id, event, to_state, actor_kind, actor_id)
          values (now() - interval '6 days', 's-14', 'device', $1, $1, 'resume', 'active', 'person', 'ana')`,
        [id],
      );
      const forged = [
        "update fleet_audit set actor_id = 'nobody'",
        "delete from fleet_audit",
        "delete from fleet_sessions where customer_id = 's-14'",
        "delete from fleet_devices where customer_id = 's-14'",
        "update fleet_commands set status = 'queued' where needs_approval and approval_id is null",
      ];
      for (const statement of forged) await expect(fleet.sql.query(statement)).rejects.toThrow();
    });
  });
}

describeRetention("retention on the embedded engine", false);
describe.skipIf(serverUrl("postgresql") === null || serverUrl("redis") === null)(
  serverSuiteName("retention", "postgresql"),
  () => describeRetention("retention on servers", true),
);

test("heartbeats are kept for the configured time, also after it was changed", async () => {
  const fleet = await startFleet({ limits: { keepHeartbeatsMs: 30 * day } });
  const kept = async (): Promise<string | undefined> => {
    const [row] = await fleet.clickhouse.query<{ create_table_query: string }>(
      "SELECT create_table_query FROM system.tables WHERE name = 'device_heartbeats'",
    );
    return /TTL .*toIntervalDay\((\d+)\)/.exec(row?.create_table_query ?? "")?.[1];
  };
  expect(await kept()).toBe("30");
  await keepHeartbeats(fleet.clickhouse, 7 * day);
  await keepHeartbeats(fleet.clickhouse, 7 * day);
  expect(await kept()).toBe("7");
  await fleet.stop();
}, 60_000);
