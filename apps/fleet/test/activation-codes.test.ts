import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openingLimitMs, pick, pickList, pickText } from "@libs/testing";
import { startFleet, type TestFleet } from "./support/start-fleet.ts";
import { customerApi, deviceApi } from "./support/story.ts";

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await startFleet();
}, openingLimitMs);
afterAll(() => fleet.stop());

const path = `${customerApi}/devices/activation-codes`;
const provision = (customerId: string, devices: readonly object[]) =>
  fleet.asCustomer(customerId).post(path, { devices });
const devicesOf = async (customerId: string) => {
  const { body } = await fleet.asCustomer(customerId).get(`${customerApi}/devices?limit=500`);
  return pickList(body, "devices");
};
const post = (customerId: string, devices: readonly object[], accept: string) =>
  fetch(`${fleet.app.address?.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-tenant-id": customerId, "x-user-id": "ana", accept },
    body: JSON.stringify({ devices }),
  });

describe("many activation codes at once", () => {
  test("are one per device, each valid for one registration of that device", async () => {
    const { status, body } = await provision("shop-1", [
      { name: "Cart", kind: "smart_cart", count: 3 },
      { name: "Kiosk at the door" },
    ]);
    expect(status).toBe(200);
    const made = pickList(body, "devices");
    expect(made.map((one) => [pick(one, "device", "name"), pick(one, "device", "kind")])).toEqual([
      ["Cart 1", "smart_cart"],
      ["Cart 2", "smart_cart"],
      ["Cart 3", "smart_cart"],
      ["Kiosk at the door", "kiosk"],
    ]);
    for (const one of made) {
      const activationCode = pickText(one, "activationCode");
      const registered = await fleet.asNobody.post(`${deviceApi}/register`, { activationCode });
      expect(registered).toMatchObject({ status: 200, body: { deviceId: pickText(one, "device", "id") } });
      expect((await fleet.asNobody.post(`${deviceApi}/register`, { activationCode })).status).toBe(401);
    }
  });

  test("belong to the customer, are stored as hashes, and are audited", async () => {
    const { body } = await provision("shop-2", [{ name: "Till", kind: "terminal", count: 2 }]);
    const made = pickList(body, "devices");
    const [first] = made;
    const id = pickText(first, "device", "id");
    expect((await devicesOf("shop-2")).map((one) => pick(one, "id"))).toEqual(
      made.map((one) => pick(one, "device", "id")),
    );
    expect((await fleet.asCustomer("shop-3").get(`${customerApi}/devices/${id}`)).status).toBe(404);
    const [row] = await fleet.sql.query<{ all: string }>(
      "select (select string_agg(d::text, ' ') from fleet_devices d) || (select string_agg(a::text, ' ') from fleet_audit a) as all",
    );
    expect(row?.all).toContain(id);
    for (const one of made) expect(row?.all).not.toContain(pickText(one, "activationCode"));
    const history = await fleet.asCustomer("shop-2").get(`${customerApi}/devices/${id}/history`);
    expect(pickList(history.body, "history")).toMatchObject([
      { event: "provision", actor: { id: "shop-2-user" } },
    ]);
  });

  test("are at most a thousand, counts included, and none beyond that", async () => {
    const { status, body } = await provision("shop-4", [{ name: "Cart", count: 1000 }]);
    expect([
      status,
      new Set(pickList(body, "devices").map((one) => pick(one, "activationCode"))).size,
    ]).toEqual([200, 1000]);
    const refused = await provision("shop-5", [{ name: "Cart", count: 1000 }, { name: "Kiosk" }]);
    expect(refused).toMatchObject({
      status: 422,
      body: {
        error: {
          details: [{ path: "/devices", message: "asks for 1001 devices, 1000 at most are made at once" }],
        },
      },
    });
    expect(await devicesOf("shop-5")).toEqual([]);
  });

  test("are created all or none", async () => {
    const clash = "create unique index only_one_twin on fleet_devices (name) where name = 'Twin'";
    await fleet.sql.query(clash);
    expect((await provision("shop-6", [{ name: "Single" }, { name: "Twin" }, { name: "Twin" }])).status).toBe(
      500,
    );
    expect(await devicesOf("shop-6")).toEqual([]);
    await fleet.sql.query("drop index only_one_twin");
  });

  test.each([
    ["no device", []],
    ["a name too long with its number", [{ name: "n".repeat(99), count: 10 }]],
    ["a count of none", [{ name: "Cart", count: 0 }]],
    ["a count that is a text", [{ name: "Cart", count: "3" }]],
    ["a kind that there is not", [{ name: "Cart", kind: "robot" }]],
    ["a name that no store keeps", [{ name: "a\u0000b" }]],
  ])("are refused for %s", async (_name, devices) => {
    expect((await provision("shop-7", devices)).status).toBe(422);
    expect(await devicesOf("shop-7")).toEqual([]);
  });

  test("are returned as CSV on request, without formulas", async () => {
    const names = ["Cart", 'The "big" one, left', "=cmd|' /C calc'!A0"];
    const answer = await post(
      "shop-8",
      names.map((name) => ({ name })),
      "text/csv",
    );
    expect(answer.headers.get("content-type")).toStartWith("text/csv");
    expect(answer.headers.get("content-disposition")).toContain("activation-codes.csv");
    const [head, ...lines] = (await answer.text()).trimEnd().split("\r\n");
    expect(head).toBe("deviceId,name,kind,activationCode,expiresAt");
    const [id = "", , , activationCode = ""] = lines[0]?.split(",") ?? [];
    expect(lines.map((line) => line.replace(/^[^,]+,/, "").replace(/,kiosk,.*$/, ""))).toEqual([
      "Cart",
      '"The ""big"" one, left"',
      "'=cmd|' /C calc'!A0",
    ]);
    const registered = await fleet.asNobody.post(`${deviceApi}/register`, { activationCode });
    expect(registered).toMatchObject({ status: 200, body: { deviceId: id } });
  });

  test("are never cached, in any format", async () => {
    for (const accept of ["text/csv", "application/json"]) {
      const answer = await post("shop-9", [{ name: "Cart" }], accept);
      expect(answer.headers.get("cache-control")).toBe("no-store");
    }
  });

  test("are described in the OpenAPI document as JSON and as CSV", async () => {
    const document = await (await fetch(`${fleet.app.address?.url}/swagger/json`)).json();
    const operation = pick(document, "paths", path, "post");
    const content = pick(operation, "responses", "200", "content");
    expect(pick(operation, "operationId")).toBe("provisionDevices");
    expect(Object.keys(Object(content)).toSorted()).toEqual(["application/json", "text/csv"]);
  });
});
