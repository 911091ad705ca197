import { afterAll, beforeAll, expect, test } from "bun:test";
import { openPostgreSQL, type PostgreSQLClient } from "@libs/database";
import type { App } from "@libs/elysia-server";
import { createMemoryLogger, createMetrics } from "@libs/monitoring";
import { createManualClock, createTemporaryDirectory, type TemporaryDirectory } from "@libs/testing";
import { createFleet } from "../src/create-fleet.ts";

const clock = createManualClock();
let directory: TemporaryDirectory;
let sql: PostgreSQLClient;
let app: App;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  sql = await openPostgreSQL({ directory: directory.path });
  app = createFleet(
    { port: 0, hostname: "127.0.0.1", version: "test", codeLifeMs: 60_000 },
    {
      sql,
      logger: createMemoryLogger().logger,
      metrics: createMetrics({ service: "fleet", processMetrics: false }),
      now: clock.now,
    },
  );
  await app.start();
});

afterAll(async () => {
  await app.stop();
  await sql.close();
  await directory.remove();
});

async function call(method: string, path: string, customer: string | null, body?: object) {
  const response = await fetch(`${app.address?.url}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(customer === null ? {} : { "x-customer-id": customer }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

async function provision(customer: string): Promise<{ readonly id: string; readonly code: string }> {
  const { body } = await call("POST", "/api/v1/customer/devices/provision", customer, { name: "Kiosk" });
  return { id: body["device"]?.["id"] ?? "", code: body["activationCode"] ?? "" };
}

const register = (activationCode: string) =>
  call("POST", "/api/v1/device/register", null, { activationCode });

test("a provisioned device registers once with its code, however it is typed", async () => {
  const { id, code } = await provision("shop-1");
  const first = await register(code.toLowerCase().replace("-", " "));
  expect(first).toMatchObject({ status: 200, body: { deviceId: id, secret: expect.any(String) } });
  expect(await register(code)).toMatchObject({
    status: 401,
    body: { error: { code: "invalid_credentials" } },
  });
  expect(await call("GET", `/api/v1/customer/devices/${id}`, "shop-1")).toMatchObject({
    body: { status: "active" },
  });
});

test("of two agents with the same code one registers", async () => {
  const { code } = await provision("shop-1");
  const answers = await Promise.all([register(code), register(code), register(code)]);
  expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
});

test("an expired code is refused like one that never was", async () => {
  const { code } = await provision("shop-1");
  await clock.advance(60_001);
  const { requestId: _id, ...expired } = (await register(code)).body["error"] ?? { requestId: "" };
  const { requestId: _other, ...unknown } = (await register("BBBB-BBBB")).body["error"] ?? { requestId: "" };
  expect(expired).toEqual(unknown);
});

test("a customer sees its own devices and not whether there are others", async () => {
  const { id } = await provision("shop-2");
  expect((await call("GET", "/api/v1/customer/devices", "shop-2")).body["devices"]).toHaveLength(1);
  const foreign = await call("GET", `/api/v1/customer/devices/${id}`, "shop-3");
  expect(foreign).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
});

test("without a customer nothing of a customer's is told", async () => {
  expect(await call("GET", "/api/v1/customer/devices", null)).toMatchObject({ status: 401 });
});

test("neither codes nor secrets are kept as they are", async () => {
  const { code } = await provision("shop-4");
  const { body } = await register(code);
  const [row] = await sql.query<{ all: string }>(
    "select string_agg(d::text, ' ') as all from fleet_devices d",
  );
  expect(row?.all).not.toContain(code);
  expect(row?.all).not.toContain(body["secret"] ?? "");
});
