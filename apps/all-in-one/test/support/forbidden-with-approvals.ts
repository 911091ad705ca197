import { pick, waitUntil } from "@libs/testing";
import { approve, askRisky, claim, type ForbiddenMove, hold, provision, report } from "./forbidden-scene.ts";
import { risky, safe } from "./front-door.ts";

/** Forbidden requests for sessions, and forbidden approvals. */
export const forbiddenWithApprovals: readonly ForbiddenMove[] = [
  {
    move: "claiming what is not approved",
    status: 404,
    async make(scene) {
      const holder = await scene.door.addDevice(scene.ana);
      await scene.door.openSession(scene.ana, holder.id, { commands: [risky] });
      const command = await claim(scene, holder.token);
      return command === undefined ? { status: 404, body: null } : { status: 200, body: command };
    },
  },
  {
    move: "an approval by a stranger",
    status: 404,
    make: async (scene) => approve(scene, scene.stranger, await askRisky(scene)),
  },
  {
    move: "an approval by the requester under four eyes",
    status: 403,
    make: async (scene) => approve(scene, scene.ana, await askRisky(scene, { fourEyes: true })),
  },
  {
    move: "an approval of another plan than the session's",
    status: 409,
    make: async (scene) => approve(scene, scene.ben, await askRisky(scene), "0".repeat(64)),
  },
  {
    move: "a second approval",
    status: 409,
    async make(scene) {
      const session = await askRisky(scene);
      await approve(scene, scene.ben, session);
      return await approve(scene, scene.ben, session);
    },
  },
  {
    move: "an approval after the rejection",
    status: 409,
    async make(scene) {
      const session = await askRisky(scene);
      const body = { planHash: pick(session, "planHash") };
      await scene.door.call(
        scene.ben,
        "POST",
        `/customer/sessions/${String(pick(session, "id"))}/reject`,
        body,
      );
      return await approve(scene, scene.ben, session);
    },
  },
  {
    move: "an approval after its time",
    status: 409,
    async make(scene) {
      const session = await askRisky(scene);
      const expiresAt = Date.parse(String(pick(session, "plan", "approvalExpiresAt")));
      await waitUntil(() => Date.now() > expiresAt, { what: "the approval to expire" });
      return await approve(scene, scene.ben, session);
    },
  },
  {
    move: "cancelling a session that has ended",
    status: 409,
    async make(scene) {
      const { holder, session, command } = await hold(scene);
      await report(scene, holder.token, command);
      return await scene.door.call(
        scene.ana,
        "POST",
        `/customer/sessions/${String(pick(session, "id"))}/cancel`,
        {},
      );
    },
  },
  {
    move: "asking something of a device that has not registered",
    status: 409,
    async make(scene) {
      const deviceId = pick(await provision(scene), "device", "id");
      return await scene.door.call(scene.ana, "POST", "/customer/sessions", {
        deviceId,
        reason: "r",
        commands: [safe],
      });
    },
  },
  {
    move: "asking for a kind that there is not",
    status: 422,
    make: (scene) =>
      scene.door.call(scene.ana, "POST", "/customer/sessions", {
        deviceId: scene.device.id,
        reason: "r",
        commands: [{ kind: "format_disk" }],
      }),
  },
  {
    move: "asking something of a stranger's device",
    status: 404,
    make: (scene) =>
      scene.door.call(scene.stranger, "POST", "/customer/sessions", {
        deviceId: scene.device.id,
        reason: "r",
        commands: [safe],
      }),
  },
];
