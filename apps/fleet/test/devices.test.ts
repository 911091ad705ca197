import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs, pick, pickList, pickText } from "@libs/testing";
import { addDevice, customerApi, deviceApi } from "./support/story.ts";
import { startFleet, type TestFleet } from "./support/start-fleet.ts";

let fleet: TestFleet;

beforeAll(async () => {
  // the test's clock is in the past, so ClickHouse's retention must be long enough not to delete its rows
  const limits = { codeLifeMs: 60_000, tokenLifeMs: 1_000_000, keepHeartbeatsMs: 3650 * 86_400_000 };
  fleet = await startFleet({ limits });
}, openingLimitMs);
afterAll(() => fleet.stop());

const provision = async (customerId: string, name = "Kiosk") => {
  const answer = await fleet.asCustomer(customerId).post(`${customerApi}/devices/provision`, { name });
  return { id: pickText(answer.body, "device", "id"), code: pickText(answer.body, "activationCode") };
};
const register = (activationCode: string) => fleet.asNobody.post(`${deviceApi}/register`, { activationCode });
const login = (deviceId: string, secret: string, address = "") =>
  fleet.asNobody.post(`${deviceApi}/auth`, { deviceId, secret }, { "x-real-ip": address });
const verify = async (token: string) => {
  const { body } = await fleet.asNobody.post("/internal/device-sessions/verify", { token });
  return pick(body, "session");
};

describe("registration", () => {
  test("succeeds once with the device's code, however it is formatted", async () => {
    const { id, code } = await provision("shop-1");
    expect(code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}(-[B-DF-HJ-NP-TV-XZ]{4}){2}$/);
    const first = await register(code.toLowerCase().replaceAll("-", " "));
    expect(first).toMatchObject({ status: 200, body: { deviceId: id, secret: expect.any(String) } });
    expect(await register(code)).toMatchObject({
      status: 401,
      body: { error: { code: "invalid_credentials" } },
    });
    const found = await fleet.asCustomer("shop-1").get(`${customerApi}/devices/${id}`);
    expect(found.body).toMatchObject({ status: "active", kind: "kiosk", online: false });
  });

  test("succeeds for one of three agents with the same code", async () => {
    const { code } = await provision("shop-1");
    const answers = await Promise.all([register(code), register(code), register(code)]);
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
  });

  test("with an expired code is refused like one with an unknown code", async () => {
    const { code } = await provision("shop-1");
    await fleet.clock.advance(60_001);
    const refusals = [await register(code), await register("BBBB-BBBB-BBBB")];
    const [expired, unknown] = refusals.map(({ body }) => pickText(body, "error", "message"));
    expect(expired).toBe(unknown ?? "");
    expect(refusals.map(({ status }) => status)).toEqual([401, 401]);
  });

  test("stores neither codes, secrets nor tokens in plain text", async () => {
    const { id, code } = await provision("shop-4");
    const secret = pickText((await register(code)).body, "secret");
    const token = pickText((await login(id, secret)).body, "token");
    const [row] = await fleet.sql.query<{ all: string }>(
      `select (select string_agg(d::text, ' ') from fleet_devices d) ||
        (select string_agg(t::text, ' ') from fleet_device_tokens t) || (select string_agg(a::text, ' ') from fleet_audit a) as all`,
    );
    expect(row?.all).toContain(id);
    for (const kept of [code, secret, token]) expect(row?.all).not.toContain(kept);
  });
});

test("uses ids in canonical spelling only", async () => {
  const { id, secret, device } = await addDevice(fleet, "shop-6");
  const customer = fleet.asCustomer("shop-6");
  for (const other of [id.toUpperCase(), `urn:uuid:${id}`]) {
    const answers = [
      await customer.get(`${customerApi}/devices/${other}`),
      await customer.get(`${customerApi}/devices/${other}/status`),
      await customer.get(`${customerApi}/devices?after=${other}`),
      await customer.get(`${customerApi}/sessions?deviceId=${other}`),
      await customer.post(`${customerApi}/sessions`, {
        deviceId: other,
        reason: "x",
        commands: [{ kind: "run_check", parameters: { check: "disk" } }],
      }),
      await device.post(`${deviceApi}/commands/${other}/result`, { claimToken: "c", outcome: "succeeded" }),
      await login(other, secret),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 422));
  }
});

describe("a device's login", () => {
  test("returns a token with sliding expiry", async () => {
    const { id, secret } = await addDevice(fleet, "shop-5");
    const token = pickText((await login(id, secret)).body, "token");
    await fleet.clock.advance(600_000);
    const session = await verify(token);
    expect(session).toMatchObject({ deviceId: id, customerId: "shop-5", status: "active" });
    await fleet.clock.advance(600_000);
    expect(await verify(token)).not.toBeNull();
    await fleet.clock.advance(1_000_001);
    expect(await verify(token)).toBeNull();
    expect(await verify("dst_made-up")).toBeNull();
  });

  test("with a wrong secret, of an unknown device and of an unregistered one is refused identically", async () => {
    const { id } = await addDevice(fleet, "shop-5");
    const { id: fresh } = await provision("shop-5");
    for (const deviceId of [id, fresh, Bun.randomUUIDv7()]) {
      expect(await login(deviceId, "dsk_wrong")).toMatchObject({
        status: 401,
        body: { error: { code: "invalid_credentials" } },
      });
    }
  });

  test("leaves sixteen tokens at most: the oldest is revoked for the next", async () => {
    const { id, secret } = await addDevice(fleet, "shop-5");
    const tokens: string[] = [];
    for (let count = 0; count < 17; count += 1) {
      tokens.push(pickText((await login(id, secret)).body, "token"));
      await fleet.clock.advance(1);
    }
    const [oldest = "", ...others] = tokens;
    expect(await verify(oldest)).toBeNull();
    for (const token of others) expect(await verify(token)).not.toBeNull();
    const kept = await fleet.sql.query("select 1 from fleet_device_tokens where device_id = $1", [id]);
    expect(kept.length).toBe(16);
  });

  test("succeeds with the old secret until the new one is first used", async () => {
    const { id, secret, device } = await addDevice(fleet, "shop-6");
    const next = pickText((await device.post(`${deviceApi}/rotate`)).body, "secret");
    expect((await login(id, secret)).status).toBe(200);
    expect((await login(id, next)).status).toBe(200);
    expect((await login(id, secret)).status).toBe(401);
  });

  test("throttles guessing for the attacked device only", async () => {
    const [guessed, neighbour] = [await addDevice(fleet, "shop-7"), await addDevice(fleet, "shop-7")];
    const guesses = await Promise.all(Array.from({ length: 12 }, () => login(guessed.id, "dsk_guess")));
    const counts = Map.groupBy(guesses, ({ status }) => status);
    expect([counts.get(401)?.length, counts.get(429)?.length]).toEqual([5, 7]);
    expect((await login(neighbour.id, neighbour.secret)).status).toBe(200);
  });

  test("counts guesses of an IPv6 /64 together", async () => {
    const { id } = await addDevice(fleet, "shop-7");
    const statuses: number[] = [];
    for (let host = 1; host <= 8; host += 1)
      statuses.push((await login(id, "dsk_guess", `2001:db8:0:7::${host}`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await login(id, "dsk_guess", "2001:db8:0:8::1")).status).toBe(401);
  });

  test("that is refused is logged with address and reason, and without the secret", async () => {
    const { id } = await addDevice(fleet, "shop-7");
    const { id: suspended, secret } = await addDevice(fleet, "shop-7");
    await fleet
      .asCustomer("shop-7")
      .post(`${customerApi}/devices/${suspended}/suspend`, { reason: "stolen" });
    const address = "203.0.113.77";
    await login(id, "dsk_guessed", address);
    await login(crypto.randomUUID(), "dsk_guessed", address);
    await login(suspended, secret, address);
    const from = { "x-real-ip": address };
    await fleet.asNobody.post(`${deviceApi}/register`, { activationCode: "BBBB-CCCC-DDDD" }, from);
    for (let count = 0; count < 5; count += 1) await login(id, "dsk_guessed", address);
    const lines = fleet.log.lines.filter(({ clientIp }) => clientIp === address);
    const told = lines.map(({ security, reason, deviceId = null }) => [security, reason, deviceId]);
    const event = "device_login_refused";
    expect(told.slice(0, 4)).toEqual([
      [event, "credentials", id],
      [event, "credentials", null],
      [event, "state", suspended],
      [event, "code", null],
    ]);
    expect(told.at(-1)).toEqual([event, "throttled", null]);
    for (const guess of ["dsk_guessed", secret, "BBBB-CCCC", "BBBBCCCC"])
      expect(JSON.stringify(lines)).not.toContain(guess);
  });

  test("does not throttle fifty successful logins from one address", async () => {
    const { id, secret } = await addDevice(fleet, "shop-8");
    for (let count = 0; count < 50; count += 1) expect((await login(id, secret)).status).toBe(200);
  });
});

describe("a customer's devices", () => {
  test("cannot call routes for customers", async () => {
    const { id } = await addDevice(fleet, "shop-10");
    const posing = [
      { "x-device-id": id, "x-user-id": id },
      { "x-auth-method": "device-session", "x-user-id": "ana" },
    ];
    for (const identity of posing) {
      const headers = { ...identity, "x-tenant-id": "shop-10" };
      const asked = { deviceId: id, reason: "free", commands: [{ kind: "run_check" }] };
      expect((await fleet.asNobody.post(`${customerApi}/sessions`, asked, headers)).status).toBe(403);
      const codes = await fleet.asNobody.post(`${customerApi}/devices/provision`, { name: "Own" }, headers);
      expect(codes.status).toBe(403);
    }
  });

  test("are listed in pages, searchable by name and filtered", async () => {
    const names = ["Till 1", "Till 2", "Cart 100%", "Till 3"];
    for (const name of names) await provision("shop-9", name);
    const list = async (query: string) => {
      const { body } = await fleet.asCustomer("shop-9").get(`${customerApi}/devices?${query}`);
      return { names: pickList(body, "devices").map((one) => pick(one, "name")), next: pick(body, "next") };
    };
    const first = await list("limit=2");
    expect(first.names).toEqual(["Till 1", "Till 2"]);
    expect((await list(`limit=2&after=${String(first.next)}`)).names).toEqual(["Cart 100%", "Till 3"]);
    expect((await list("search=till")).names).toHaveLength(3);
    expect((await list("search=0%25")).names).toEqual(["Cart 100%"]);
    expect((await list("status=active")).names).toEqual([]);
  });

  test("are not found by other customers on any route", async () => {
    const { id } = await addDevice(fleet, "shop-10");
    const stranger = fleet.asCustomer("shop-11");
    for (const path of ["", "/status", "/history", "/metrics"]) {
      expect((await stranger.get(`${customerApi}/devices/${id}${path}`)).status).toBe(404);
    }
    for (const verb of ["suspend", "resume", "retire", "rotate"]) {
      expect((await stranger.post(`${customerApi}/devices/${id}/${verb}`, {})).status).toBe(404);
    }
    expect(pick((await stranger.get(`${customerApi}/devices`)).body, "devices")).toEqual([]);
    expect(pick((await stranger.get(`${customerApi}/system`)).body, "devices")).toEqual({});
  });

  test("are shown only to a person of a customer", async () => {
    expect((await fleet.asNobody.get(`${customerApi}/devices`)).status).toBe(401);
    const answer = await fetch(`${fleet.app.address?.url}${customerApi}/devices`, {
      headers: { "x-user-id": "u" },
    });
    expect(answer.status).toBe(403);
  });
});

describe("a device's lifecycle", () => {
  test("suspends everything, open sockets included, until it is resumed", async () => {
    const { id, secret, device } = await addDevice(fleet, "shop-12");
    const token = pickText((await login(id, secret)).body, "token");
    expect((await device.post(`${deviceApi}/heartbeat`, { status: "ok" })).status).toBe(200);
    const customer = fleet.asCustomer("shop-12");
    const suspended = await customer.post(`${customerApi}/devices/${id}/suspend`, { reason: "stolen" });
    expect(suspended).toMatchObject({
      status: 200,
      body: { device: { status: "suspended", online: false } },
    });
    await fleet.told.find(({ channel, frame }) => channel === `device:${id}` && frame === null);
    expect((await device.post(`${deviceApi}/heartbeat`, { status: "ok" })).status).toBe(403);
    expect((await device.post(`${deviceApi}/commands/claim`, {})).status).toBe(403);
    expect((await device.get(`${deviceApi}/commands`)).status).toBe(403);
    expect((await device.post(`${deviceApi}/rotate`)).status).toBe(403);
    expect((await login(id, secret)).status).toBe(403);
    expect(await verify(token)).toMatchObject({ status: "suspended" });
    expect((await customer.post(`${customerApi}/devices/${id}/resume`)).status).toBe(200);
    expect((await device.post(`${deviceApi}/heartbeat`, { status: "ok" })).status).toBe(200);
    const { body } = await customer.get(`${customerApi}/devices/${id}/history`);
    expect(
      pickList(body, "history").map((one) => [pick(one, "event"), pick(one, "to"), pick(one, "actor", "id")]),
    ).toEqual([
      ["resume", "active", "shop-12-user"],
      ["suspend", "suspended", "shop-12-user"],
      ["register", "active", id],
      ["provision", "provisioned", "shop-12-user"],
    ]);
  });

  test("rotates its secret and tokens, after which it registers with its new code", async () => {
    const { id, secret, device } = await addDevice(fleet, "shop-13");
    const token = pickText((await login(id, secret)).body, "token");
    const { body } = await fleet.asCustomer("shop-13").post(`${customerApi}/devices/${id}/rotate`);
    expect(await verify(token)).toBeNull();
    expect((await login(id, secret)).status).toBe(401);
    expect((await device.post(`${deviceApi}/heartbeat`, { status: "ok" })).status).toBe(401);
    const again = await register(pickText(body, "activationCode"));
    expect(again).toMatchObject({ status: 200, body: { deviceId: id } });
    expect((await login(id, pickText(again.body, "secret"))).status).toBe(200);
  });

  test("refuses tokens from before a rotation on every call, even if the gateway still caches them", async () => {
    const { id, device } = await addDevice(fleet, "shop-16");
    expect((await device.post(`${deviceApi}/heartbeat`, { status: "ok" })).status).toBe(200);
    const { body } = await fleet.asCustomer("shop-16").post(`${customerApi}/devices/${id}/rotate`);
    await fleet.clock.advance(1);
    await register(pickText(body, "activationCode"));
    const claim = { claimToken: "clm_any" };
    const calls = [
      device.post(`${deviceApi}/heartbeat`, { status: "ok" }),
      device.post(`${deviceApi}/rotate`),
      device.get(`${deviceApi}/commands`),
      device.post(`${deviceApi}/commands/claim`, {}),
      device.post(`${deviceApi}/commands/${id}/extend`, claim),
      device.post(`${deviceApi}/commands/${id}/result`, { ...claim, outcome: "succeeded" }),
    ];
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(6).fill(401));
    expect((await fleet.asDevice(id).post(`${deviceApi}/heartbeat`, { status: "ok" })).status).toBe(200);
  });

  test("ends with its retirement, which cancels its commands", async () => {
    const { id } = await addDevice(fleet, "shop-14");
    const customer = fleet.asCustomer("shop-14");
    expect((await customer.post(`${customerApi}/devices/${id}/retire`)).status).toBe(200);
    for (const verb of ["suspend", "resume", "retire", "rotate"]) {
      const answer = await customer.post(`${customerApi}/devices/${id}/${verb}`, {});
      expect(answer).toMatchObject({
        status: 409,
        body: { error: { details: { state: "retired", possible: [] } } },
      });
    }
  });
});

describe("heartbeats", () => {
  test("set a device online for its customer, their metrics are stored, and silence sets it offline", async () => {
    const { id, device } = await addDevice(fleet, "shop-15");
    const customer = fleet.asCustomer("shop-15");
    for (const load of [1, 3]) {
      const beat = {
        status: "degraded",
        agentVersion: "1.2",
        metrics: { cpu_load: load, disk_free_bytes: 1e12 },
      };
      expect((await device.post(`${deviceApi}/heartbeat`, beat)).status).toBe(200);
    }
    const status = await customer.get(`${customerApi}/devices/${id}/status`);
    expect(status.body).toMatchObject({
      online: true,
      reported: { status: "degraded", agentVersion: "1.2" },
    });
    const news = await fleet.told.find(
      ({ frame }) => frame?.type === "device_status" && JSON.stringify(frame).includes(id),
    );
    expect(news.channel).toBe("customer:shop-15");
    const until = new Date(fleet.clock.now() + 1000).toISOString();
    const seen = async () => {
      const { body } = await customer.get(
        `${customerApi}/devices/${id}/metrics?metric=cpu_load&until=${until}`,
      );
      return pick(body, "series", 0, "points", 0);
    };
    let point = await seen();
    while (point === undefined) point = await seen();
    expect(point).toMatchObject({ average: 2, min: 1, max: 3 });
    await fleet.clock.advance(40_000);
    await fleet.told.find(({ frame }) => JSON.stringify(frame).includes(`"deviceId":"${id}","online":false`));
    expect((await customer.get(`${customerApi}/devices/${id}/status`)).body).toMatchObject({ online: false });
  }, 30_000);

  test("with invalid or too many metrics are refused", async () => {
    const { device } = await addDevice(fleet, "shop-15");
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`m${index}`, 1]));
    for (const metrics of [{ "Bad Name": 1 }, { cpu: "high" }, many]) {
      expect((await device.post(`${deviceApi}/heartbeat`, { status: "ok", metrics })).status).toBe(422);
    }
  });

  test("with strings in place of numbers are refused", async () => {
    const { device } = await addDevice(fleet, "shop-1");
    expect((await device.post(`${deviceApi}/commands/claim`, { max: "3" })).status).toBe(422);
    expect((await device.post(`${deviceApi}/commands/claim`, { max: 3 })).status).toBe(200);
  });
});
