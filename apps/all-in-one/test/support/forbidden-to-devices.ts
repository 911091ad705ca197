import { pick, waitUntil } from "@libs/testing";
import { type ForbiddenMove, login, provision, register } from "./forbidden-scene.ts";

/** What codes, secrets, tokens and states of devices do not allow. */
export const forbiddenToDevices: readonly ForbiddenMove[] = [
  {
    move: "registering with a used code",
    status: 401,
    async make(scene) {
      const provisioned = await provision(scene);
      await register(scene, provisioned);
      return await register(scene, provisioned);
    },
  },
  {
    move: "registering with an expired code",
    status: 401,
    async make(scene) {
      const provisioned = await provision(scene);
      const expiresAt = Date.parse(String(pick(provisioned, "expiresAt")));
      await waitUntil(() => Date.now() > expiresAt, { what: "the code to expire" });
      return await register(scene, provisioned);
    },
  },
  {
    move: "logging in with a wrong secret",
    status: 401,
    make: (scene) => login(scene, scene.device.id, "dsk_wrong"),
  },
  {
    move: "logging in with a rotated secret",
    status: 401,
    async make(scene) {
      const { id, secret } = await scene.door.addDevice(scene.ana);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/rotate`, {});
      return await login(scene, id, secret);
    },
  },
  {
    move: "logging in with the secret that another one has replaced",
    status: 401,
    async make(scene) {
      const { id, secret, token } = await scene.door.addDevice(scene.ana);
      const replaced = await scene.door.call(token, "POST", "/device/rotate");
      await login(scene, id, String(pick(replaced.body, "secret")));
      return await login(scene, id, secret);
    },
  },
  {
    move: "calling with a token from before a rotation",
    status: 401,
    async make(scene) {
      const { id, token } = await scene.door.addDevice(scene.ana);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/rotate`, {});
      return await scene.door.call(token, "POST", "/device/heartbeat", { status: "ok" });
    },
  },
  {
    move: "calling with a token from before a rotation once the device has registered anew",
    status: 401,
    async make(scene) {
      const { id, token } = await scene.door.addDevice(scene.ana);
      await scene.door.call(token, "POST", "/device/heartbeat", { status: "ok" });
      const rotated = await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/rotate`, {});
      await register(scene, rotated.body);
      // at once: the gateway may still remember the token, the fleet knows better
      return await scene.door.call(token, "POST", "/device/heartbeat", { status: "ok" });
    },
  },
  {
    move: "a heartbeat of a suspended device",
    status: 403,
    async make(scene) {
      const { id, token } = await scene.door.addDevice(scene.ana);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/suspend`, {});
      return await scene.door.call(token, "POST", "/device/heartbeat", { status: "ok" });
    },
  },
  {
    move: "asking for another secret on a suspended device",
    status: 403,
    async make(scene) {
      const { id, token } = await scene.door.addDevice(scene.ana);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/suspend`, {});
      return await scene.door.call(token, "POST", "/device/rotate");
    },
  },
  {
    move: "waiting for commands while the device is being suspended",
    status: 403,
    async make(scene) {
      const { id, token } = await scene.door.addDevice(scene.ana);
      const waiting = scene.door.call(token, "GET", "/device/commands?wait=30");
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/suspend`, {});
      return await waiting;
    },
  },
  {
    move: "logging in on a suspended device",
    status: 403,
    async make(scene) {
      const { id, secret } = await scene.door.addDevice(scene.ana);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/suspend`, {});
      return await login(scene, id, secret);
    },
  },
  {
    move: "claiming on a suspended device",
    status: 403,
    async make(scene) {
      const { id, token } = await scene.door.addDevice(scene.ana);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/suspend`, {});
      return await scene.door.call(token, "POST", "/device/commands/claim", {});
    },
  },
  {
    move: "logging in on a retired device",
    status: 403,
    async make(scene) {
      const { id, secret } = await scene.door.addDevice(scene.ana);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${id}/retire`, {});
      return await login(scene, id, secret);
    },
  },
];
