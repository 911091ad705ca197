import { expect, test } from "bun:test";
import { HeaderList } from "../../model/http/header-list.ts";
import type { ServiceAnswer, ServiceCall } from "../../model/upstream/service-caller.ts";
import { createFleetDirectory } from "./ask-fleet.ts";

const signal = new AbortController().signal;
const session = { id: "s-1", deviceId: "d-1", customerId: "c-1", status: "active", expiresAt: 7 };

function directoryOf(status: number, body: unknown) {
  const calls: (ServiceCall & { readonly service: string })[] = [];
  const call = async (service: string, asked: ServiceCall): Promise<ServiceAnswer> => {
    calls.push({ service, ...asked });
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return { status, contentType: "application/json", headers: new HeaderList(), body: bytes };
  };
  return { directory: createFleetDirectory(() => ({ call })), calls };
}

const find = (status: number, body: unknown) =>
  directoryOf(status, body).directory.find("token", { service: "fleet", signal });

test("the configured service verifies a device's session, with the token only in the body", async () => {
  const { directory, calls } = directoryOf(200, { session });
  expect(await directory.find("dst_secret", { service: "devices", signal })).toEqual({
    id: "s-1",
    deviceId: "d-1",
    tenantId: "c-1",
    scopes: [],
    barred: null,
    expiresAt: 7,
  });
  expect(calls[0]).toMatchObject({ service: "devices", method: "POST", body: '{"token":"dst_secret"}' });
  expect(calls[0]?.path).not.toContain("dst_secret");
});

test("an unknown token is rejected, and a suspended device is forbidden", async () => {
  expect(await find(200, { session: null })).toBeNull();
  expect(await find(200, { session: { ...session, status: "suspended" } })).toMatchObject({
    barred: "suspended",
  });
});

test.each([
  [500, { session }],
  [200, { session: { id: "s-1" } }],
  [200, "none"],
])("a meaningless response %d authenticates nobody", async (status, body) => {
  await expect(find(status, body)).rejects.toThrow("identity");
});
