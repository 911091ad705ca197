import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Sql } from "@libs/database";
import { createManualClock, openingLimitMs } from "@libs/testing";
import { openSql, type TestSql } from "../../test/support/open-sql.ts";
import { DeviceStatuses } from "./device-statuses.ts";
import { createTokenId } from "./token-id.ts";

let opened: TestSql;
beforeAll(async () => {
  opened = await openSql();
}, openingLimitMs);
afterAll(() => opened.close());

const boundMs = 1000;

test("a token from before a rotation ends at once on the registering instance, and within the bound on others", async () => {
  const { sql } = opened;
  const clock = createManualClock();
  const deviceId = crypto.randomUUID();
  const begun = clock.now();
  await sql.query(
    `insert into fleet_devices (id, customer_id, name, status, created_at, registered_at)
      values ($1, 'shop', 'Kiosk', 'active', $2, $2)`,
    [deviceId, new Date(begun)],
  );
  const [own, other] = [1, 2].map(() => new DeviceStatuses({ sql, now: clock.now, ttlMs: boundMs }));
  const holder = { deviceId, tokenId: createTokenId(begun, begun) };
  const fresh = () => ({ deviceId, tokenId: createTokenId(clock.now(), 0) });
  expect((await own?.requireHolder(holder))?.deviceId).toBe(deviceId);
  expect((await other?.requireHolder(holder))?.deviceId).toBe(deviceId);

  await clock.advance(500);
  await sql.query("update fleet_devices set registered_at = $2 where id = $1", [
    deviceId,
    new Date(clock.now()),
  ]);
  own?.invalidate(deviceId);
  expect(own?.requireHolder(holder)).rejects.toMatchObject({ code: "invalid_token" });
  expect((await own?.requireHolder(fresh()))?.deviceId).toBe(deviceId);

  await clock.advance(boundMs - 500);
  expect(other?.requireHolder(holder)).rejects.toMatchObject({ code: "invalid_token" });
  expect((await other?.requireHolder(fresh()))?.deviceId).toBe(deviceId);
});

test("a device that another instance suspended is refused within the bound, however often it sends heartbeats", async () => {
  const { sql } = opened;
  const clock = createManualClock();
  const deviceId = crypto.randomUUID();
  await sql.query(
    `insert into fleet_devices (id, customer_id, name, status, created_at, registered_at)
      values ($1, 'shop', 'Kiosk', 'active', $2, $2)`,
    [deviceId, new Date(clock.now())],
  );
  const statuses = new DeviceStatuses({ sql, now: clock.now, ttlMs: boundMs });
  const beat = async () => {
    const before = await statuses.requireActive(deviceId);
    statuses.seen(before, { atMs: clock.now(), reported: { status: "ok", agentVersion: null } });
  };
  await beat();
  expect((await statuses.find(deviceId))?.lastSeenAtMs).toBe(clock.now());
  await sql.query("update fleet_devices set status = 'suspended' where id = $1", [deviceId]);
  for (let passedMs = 0; passedMs < boundMs - 100; passedMs += 100) {
    await clock.advance(100);
    await beat();
  }
  await clock.advance(100);
  expect(beat()).rejects.toMatchObject({ code: "forbidden" });
});

test("devices requested at the same time are read by one statement, each with its own result", async () => {
  const { sql } = opened;
  const ids = Array.from({ length: 5 }, () => crypto.randomUUID());
  await sql.query(
    `insert into fleet_devices (id, customer_id, name, status, created_at)
      select id, 'shop', 'Kiosk', 'provisioned', now() from unnest($1::uuid[]) as id`,
    [ids.slice(1)],
  );
  const asked: unknown[] = [];
  const counted: Sql = {
    query(text, parameters, options) {
      asked.push(parameters);
      return sql.query(text, parameters, options);
    },
    transaction: (work) => sql.transaction(work),
  };
  const statuses = new DeviceStatuses({ sql: counted, now: Date.now });
  const found = await Promise.all([...ids, ...ids].map((id) => statuses.find(id)));
  const known = ids.map((id, index) => (index === 0 ? undefined : id));
  expect(found.map((status) => status?.deviceId)).toEqual([...known, ...known]);
  expect(asked).toHaveLength(1);
});
