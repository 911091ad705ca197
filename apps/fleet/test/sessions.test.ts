import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs, pick, pickList, pickText, serverUrl, waitUntil } from "@libs/testing";
import { commandMachine } from "../src/model/command-states.ts";
import { deviceMachine } from "../src/model/device-states.ts";
import { sessionMachine } from "../src/model/session-states.ts";
import { nextState, type StateMachine } from "../src/model/state-machine.ts";
import { createPostgreSQLQueue } from "../src/queue/postgresql-queue.ts";
import { createRedisQueue } from "../src/queue/redis-queue.ts";
import { startFleet, type TestFleet } from "./support/start-fleet.ts";
import {
  addDevice,
  claim,
  customerApi,
  decide,
  deviceApi,
  openSession,
  report,
  riskyCommand,
  safeCommand,
} from "./support/story.ts";

interface Move {
  readonly subject: "device" | "session" | "command";
  readonly event: string;
  readonly from_state: string;
  readonly to_state: string;
}

describeSessions("sessions on the embedded store", false);
const hasServers = serverUrl("postgresql") !== null && serverUrl("redis") !== null;
describe.skipIf(!hasServers)("on servers (set DATABASE_URL and REDIS_URL to run it)", () => {
  describeSessions("sessions on PostgreSQL with the queue on Redis", true);
});

function describeSessions(name: string, onServers: boolean): void {
  describe(name, () => {
    let fleet: TestFleet;
    beforeAll(async () => {
      fleet = await startFleet({ onServers });
    }, openingLimitMs);
    afterAll(() => fleet.stop());

    const find = async (customerId: string, session: unknown): Promise<unknown> => {
      const answer = await fleet
        .asCustomer(customerId)
        .get(`${customerApi}/sessions/${pickText(session, "id")}`);
      return answer.body;
    };

    test("a safe command is queued at once, and its result ends the session", async () => {
      const { id, device } = await addDevice(fleet, "s-1");
      const session = await openSession(fleet.asCustomer("s-1"), id);
      expect(session).toMatchObject({ status: "running", decision: null, plan: { approvalExpiresAt: null } });
      await fleet.told.find(
        ({ channel, frame }) => channel === `device:${id}` && frame?.type === "commands_waiting",
      );
      expect(await device.get(`${deviceApi}/commands`)).toMatchObject({
        body: { commands: [{ kind: "run_check" }] },
      });
      const [command] = await claim(device);
      expect(command).toMatchObject({
        kind: "run_check",
        version: 1,
        parameters: { check: "disk" },
        attempt: 1,
      });
      expect(await claim(device)).toEqual([]);
      expect(await report(device, command)).toMatchObject({ body: { status: "succeeded", repeated: false } });
      const ended = await find("s-1", session);
      expect(ended).toMatchObject({
        status: "completed",
        commands: [
          { status: "succeeded", attempts: 1, result: { outcome: "succeeded", output: { freeBytes: 7 } } },
        ],
      });
      expect(
        pickList(ended, "history").map((one) => [pick(one, "subject"), pick(one, "event"), pick(one, "to")]),
      ).toEqual([
        ["session", "open", "running"],
        ["command", "ask", "queued"],
        ["command", "claim", "claimed"],
        ["command", "succeed", "succeeded"],
        ["session", "complete", "completed"],
      ]);
      const news = fleet.told.all
        .filter(({ channel }) => channel === "customer:s-1")
        .map(({ frame }) => frame?.type);
      expect(news).toContain("command_updated");
      expect(news).toContain("session_updated");
    });

    test("no command of a session with a risky one runs before approval", async () => {
      const { id, device } = await addDevice(fleet, "s-2");
      const customer = fleet.asCustomer("s-2", "ana");
      const session = await openSession(customer, id, { commands: [safeCommand, riskyCommand] });
      expect(session).toMatchObject({ status: "awaiting_approval", requestedBy: "ana" });
      expect(await claim(device)).toEqual([]);
      const approved = await decide(fleet.asCustomer("s-2", "ben"), session);
      expect(approved.body).toMatchObject({
        status: "running",
        decision: { decision: "approved", by: "ben" },
      });
      const commands = await claim(device);
      expect(commands.map((command) => pick(command, "kind"))).toEqual(["run_check", "restart_service"]);
      for (const command of commands) await report(device, command);
      expect(await find("s-2", session)).toMatchObject({ status: "completed" });
    });

    test("a rejected session runs nothing, and cannot be approved afterwards", async () => {
      const { id, device } = await addDevice(fleet, "s-3");
      const customer = fleet.asCustomer("s-3");
      const session = await openSession(customer, id, { commands: [riskyCommand] });
      expect((await decide(customer, session, "reject")).body).toMatchObject({
        status: "rejected",
        commands: [{ status: "rejected" }],
      });
      expect((await decide(customer, session)).status).toBe(409);
      expect(await claim(device)).toEqual([]);
    });

    test("an approval requires the plan's hash, a rejection does not", async () => {
      const { id, device } = await addDevice(fleet, "s-30");
      const customer = fleet.asCustomer("s-30");
      const session = await openSession(customer, id, { commands: [riskyCommand] });
      const path = `/api/v1/customer/sessions/${pickText(session, "id")}`;
      expect((await customer.post(`${path}/approve`, {})).status).toBe(422);
      expect((await customer.post(`${path}/reject`, { planHash: "0".repeat(64) })).status).toBe(409);
      expect((await customer.post(`${path}/reject`, { comment: "not today" })).body).toMatchObject({
        status: "rejected",
        decision: { decision: "rejected", comment: "not today" },
      });
      expect(await claim(device)).toEqual([]);
    });

    test("an approval after its deadline is refused", async () => {
      const { id, device } = await addDevice(fleet, "s-4");
      const customer = fleet.asCustomer("s-4");
      const session = await openSession(customer, id, { commands: [riskyCommand] });
      await fleet.clock.advance(3_600_000);
      expect((await decide(customer, session)).status).toBe(409);
      await fleet.told.find(({ frame }) =>
        JSON.stringify(frame).includes(`${pickText(session, "id")}","status":"expired"`),
      );
      expect(await find("s-4", session)).toMatchObject({
        status: "expired",
        commands: [{ status: "expired" }],
      });
      expect(await claim(device)).toEqual([]);
    });

    test("an idempotency key opens one session for one request, and refuses a different one", async () => {
      const { id } = await addDevice(fleet, "s-5");
      const customer = fleet.asCustomer("s-5");
      const open = (reason: string) =>
        customer.post(
          `${customerApi}/sessions`,
          { deviceId: id, reason, commands: [safeCommand] },
          { "idempotency-key": "k-1" },
        );
      const answers = await Promise.all([open("slow"), open("slow"), open("slow")]);
      expect(new Set(answers.map(({ body }) => pick(body, "id"))).size).toBe(1);
      expect((await open("other")).status).toBe(409);
      const { body } = await customer.get(`${customerApi}/sessions`);
      expect(pickList(body, "sessions")).toHaveLength(1);
    });

    test("a command is queued again when its holder is silent, and the old claim is invalid", async () => {
      const { id, device } = await addDevice(fleet, "s-6");
      await openSession(fleet.asCustomer("s-6"), id);
      const [first] = await claim(device, { visibilityMs: 10_000 });
      await fleet.clock.advance(10_000);
      const lapsed = await report(device, first);
      expect(lapsed).toMatchObject({ status: 409, body: { error: { details: { claim: "lapsed" } } } });
      const [second] = await claim(device);
      expect(second).toMatchObject({ id: pick(first, "id"), attempt: 2 });
      expect(await report(device, first)).toMatchObject({
        status: 409,
        body: { error: { details: { claim: "stale" } } },
      });
      expect((await report(device, second)).status).toBe(200);
    });

    test("an extended claim is valid for its extension, and no longer", async () => {
      const { id, device } = await addDevice(fleet, "s-7");
      await openSession(fleet.asCustomer("s-7"), id);
      const [command] = await claim(device, { visibilityMs: 10_000 });
      const extend = () =>
        device.post(`${deviceApi}/commands/${pickText(command, "id")}/extend`, {
          claimToken: pick(command, "claimToken"),
          visibilityMs: 20_000,
        });
      await fleet.clock.advance(9000);
      expect((await extend()).status).toBe(200);
      await fleet.clock.advance(15_000);
      expect(await claim(device)).toEqual([]);
      await fleet.clock.advance(5000);
      expect(await extend()).toMatchObject({ status: 409 });
    });

    test("the same result twice gives the same answer, a different one is refused", async () => {
      const { id, device } = await addDevice(fleet, "s-8");
      await openSession(fleet.asCustomer("s-8"), id);
      const [command] = await claim(device);
      expect((await report(device, command)).body).toEqual({ status: "succeeded", repeated: false });
      expect((await report(device, command)).body).toEqual({ status: "succeeded", repeated: true });
      expect((await report(device, command, { outcome: "failed" })).status).toBe(409);
    });

    test("a command that is never completed becomes a dead letter with its reason, and its session fails", async () => {
      const { id, device } = await addDevice(fleet, "s-9");
      const customer = fleet.asCustomer("s-9");
      const late = await openSession(customer, id, { commands: [{ ...safeCommand, deadlineMs: 5000 }] });
      const given = await openSession(customer, id, { commands: [{ ...safeCommand, attemptsMax: 1 }] });
      await claim(device, { visibilityMs: 20_000 });
      await fleet.clock.advance(20_000);
      for (const session of [late, given]) {
        const id = pickText(session, "id");
        await fleet.told.find(({ frame }) => JSON.stringify(frame).includes(`${id}","status":"failed"`));
      }
      expect(await find("s-9", late)).toMatchObject({
        commands: [{ status: "dead", deadReason: "deadline" }],
      });
      expect(await find("s-9", given)).toMatchObject({
        commands: [{ status: "dead", deadReason: "attempts" }],
      });
      const { body } = await customer.get(`${customerApi}/commands?status=dead`);
      expect(pickList(body, "commands")).toHaveLength(2);
    });

    test("a cancelled session withdraws its waiting and claimed commands", async () => {
      const { id, device } = await addDevice(fleet, "s-10");
      const customer = fleet.asCustomer("s-10");
      const session = await openSession(customer, id, { commands: [safeCommand, safeCommand] });
      const [held] = await claim(device, { max: 1 });
      const path = `${customerApi}/sessions/${pickText(session, "id")}/cancel`;
      expect((await customer.post(path, { reason: "solved" })).body).toMatchObject({ status: "cancelled" });
      await fleet.told.find(
        ({ channel, frame }) => channel === `device:${id}` && frame?.type === "commands_cancelled",
      );
      expect((await report(device, held)).status).toBe(409);
      expect(await claim(device)).toEqual([]);
      expect((await customer.post(path)).status).toBe(409);
    });

    test("a waiting request is answered as soon as there is a command", async () => {
      const { id, device } = await addDevice(fleet, "s-11");
      const waiting = device.get(`${deviceApi}/commands?wait=30`);
      await openSession(fleet.asCustomer("s-11"), id);
      expect((await waiting).body).toMatchObject({ commands: [{ kind: "run_check" }] });
    });

    test("a command whose claim an instance has not recorded before it died can be claimed again", async () => {
      const { id, device } = await addDevice(fleet, "shop-lost");
      await openSession(fleet.asCustomer("shop-lost"), id, {
        commands: [{ ...safeCommand, attemptsMax: 1 }],
      });
      const nowMs = fleet.clock.now();
      const queue =
        fleet.redis === null ? createPostgreSQLQueue(fleet.sql) : createRedisQueue({ redis: fleet.redis });
      const visibilityMs = 43_200_000;
      expect(
        await queue.claim({ deviceId: id, max: 1, visibilityMs, claimDigest: "lost", nowMs }),
      ).toHaveLength(1);
      await fleet.clock.advance(5000);
      expect(pickList((await device.get(`${deviceApi}/commands`)).body, "commands")).toHaveLength(1);
      expect(await claim(device)).toEqual([]);
      const [held] = await claim(device);
      expect(held).toMatchObject({ attempt: 1 });
      expect(await report(device, held)).toMatchObject({ status: 200, body: { status: "succeeded" } });
    });

    test("commands that an instance left unqueued are queued by another", async () => {
      const { id, device } = await addDevice(fleet, "s-12");
      await openSession(fleet.asCustomer("s-12"), id, { commands: [safeCommand, safeCommand] });
      const [held] = await claim(device, { max: 1 });
      await waitUntil(async () => {
        const unmarked = "select 1 from fleet_commands where device_id = $1 and enqueued_epoch is null";
        return (await fleet.sql.query(unmarked, [id])).length === 0;
      });
      if (fleet.redis === null) await fleet.sql.query("delete from fleet_queue where device_id = $1", [id]);
      else await fleet.redis.driver.del(...(await fleet.redis.driver.keys(`cartway:fleet:{${id}}:*`)));
      await fleet.sql.query("update fleet_commands set enqueued_epoch = 'before' where device_id = $1", [id]);
      let found = await claim(device);
      while (found.length === 0) found = await claim(device);
      expect(found.map((command) => pick(command, "id"))).not.toContain(pick(held, "id"));
      expect((await report(device, held)).status).toBe(200);
    });

    test("every audited transition is in its table, and every current state is the last one audited", async () => {
      const machines = { device: deviceMachine, session: sessionMachine, command: commandMachine };
      const moves = await fleet.sql.query<Move>(
        "select distinct subject, event, from_state, to_state from fleet_audit where from_state is not null",
      );
      expect(moves.length).toBeGreaterThan(12);
      for (const { subject, event, from_state: from, to_state: to } of moves) {
        const machine: StateMachine<string, string> = machines[subject];
        expect([subject, from, event, nextState(machine, from, event)]).toEqual([subject, from, event, to]);
      }
      for (const subject of ["device", "session", "command"]) {
        const strays = await fleet.sql.query(
          `select id, status from fleet_${subject}s as thing where status <> (select to_state from fleet_audit
            where subject = $1 and subject_id = thing.id order by id desc limit 1)`,
          [subject],
        );
        expect([subject, strays]).toEqual([subject, []]);
      }
    });

    test("a customer's overview counts their own devices only", async () => {
      const { id } = await addDevice(fleet, "s-13");
      await openSession(fleet.asCustomer("s-13"), id);
      const { body } = await fleet.asCustomer("s-13").get(`${customerApi}/system`);
      expect(body).toEqual({
        devices: { active: 1 },
        devicesOnline: 0,
        sessions: { running: 1 },
        commands: { queued: 1 },
        oldestWaitingSeconds: 0,
      });
    });
  });
}
