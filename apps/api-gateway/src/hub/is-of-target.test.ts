import { expect, test } from "bun:test";
import type { Principal } from "../model/identity/principal.ts";
import type { ConnectionTarget } from "./control.ts";
import { isOfTarget } from "./is-of-target.ts";

const person: Principal = {
  identity: "platform",
  method: "jwt",
  subject: "ana b",
  roles: [],
  scopes: [],
  tenantId: "acme",
  sessionId: "login-1",
  plan: null,
  weight: 1,
  expiresAt: Infinity,
  claims: {},
};
const device: Principal = { ...person, method: "device-session", subject: "kiosk-1", sessionId: "session-1" };

const targets: [target: ConnectionTarget, meansPerson: boolean, meansDevice: boolean][] = [
  [{ by: "login", id: "login-1" }, true, false],
  [{ by: "login", id: "session-1" }, false, true],
  [{ by: "user", id: "ana b" }, true, false],
  [{ by: "channel", id: "user:ana%20b" }, true, false],
  [{ by: "channel", id: "device:kiosk-1" }, false, true],
  [{ by: "channel", id: "user:kiosk-1" }, false, false],
  [{ by: "channel", id: "customer:acme" }, false, false],
  [{ by: "connection", id: "login-1" }, false, false],
];
test.each(targets)("target %p matches the user: %p, the device: %p", (target, meansPerson, meansDevice) => {
  expect([isOfTarget(target, person), isOfTarget(target, device)]).toEqual([meansPerson, meansDevice]);
});
