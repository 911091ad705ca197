import { afterAll, expect, test } from "bun:test";
import { bearer, createIdentityFixture } from "../../../test/support/identity/identity-fixture.ts";

const fixture = await createIdentityFixture();
const { clock } = fixture;
afterAll(() => fixture.close());

test("a device authenticates by its token, with sliding expiry, and its revocation takes effect within the cache time", async () => {
  const authenticate = fixture.create({ devices: { type: "device-session" } }).select(["devices"]);
  const session = {
    id: "s1",
    deviceId: "kiosk-7",
    tenantId: "t",
    scopes: ["commands"],
    barred: null,
    expiresAt: clock.now() + 1500,
  };
  fixture.devices.set("opaque", session);
  expect(await authenticate(bearer("opaque"))).toMatchObject({
    principal: { method: "device-session", subject: "kiosk-7", sessionId: "s1", roles: ["device"] },
  });
  fixture.devices.set("opaque", { ...session, expiresAt: clock.now() + 9000 });
  await clock.advance(2000);
  expect((await authenticate(bearer("opaque"))).outcome).toBe("authenticated");
  fixture.devices.set("opaque", { ...session, barred: "suspended" });
  await clock.advance(1000);
  expect(await authenticate(bearer("opaque"))).toMatchObject({ outcome: "barred", reason: "suspended" });
  fixture.devices.delete("opaque");
  await clock.advance(1000);
  expect((await authenticate(bearer("opaque"))).outcome).toBe("rejected");
  fixture.fleetDown = true;
  expect((await authenticate(bearer("other"))).outcome).toBe("unavailable");
});
