import { pick, waitUntil } from "@libs/testing";
import { claim, type ForbiddenMove, hold, report } from "./forbidden-scene.ts";
import { safe } from "./front-door.ts";

/** Actions that only the holder of a valid claim may take. */
export const forbiddenWithClaims: readonly ForbiddenMove[] = [
  {
    move: "extending the claim of another device's command",
    status: 404,
    async make(scene) {
      const { command } = await hold(scene);
      const { id, claimToken } = Object(command);
      return await scene.door.call(scene.device.token, "POST", `/device/commands/${String(id)}/extend`, {
        claimToken,
      });
    },
  },
  {
    move: "sending the result of a held command once the device is suspended",
    status: 403,
    async make(scene) {
      const { holder, command } = await hold(scene);
      await scene.door.call(scene.ana, "POST", `/customer/devices/${holder.id}/suspend`, {});
      return await report(scene, holder.token, command);
    },
  },
  {
    move: "sending a result without a claim",
    status: 409,
    async make(scene) {
      const holder = await scene.door.addDevice(scene.ana);
      const session = await scene.door.openSession(scene.ana, holder.id);
      const command = { id: pick(session, "commands", 0, "id"), claimToken: "clm_made-up" };
      return await report(scene, holder.token, command);
    },
  },
  {
    move: "sending a result with an old claim",
    status: 409,
    async make(scene) {
      const { holder, command } = await hold(scene, safe, { visibilityMs: 1000 });
      const lapsesAt = Date.parse(String(pick(command, "claimedUntil")));
      await waitUntil(() => Date.now() > lapsesAt, { what: "the claim to lapse" });
      await claim(scene, holder.token);
      return await report(scene, holder.token, command);
    },
  },
  {
    move: "sending a result after the deadline",
    status: 409,
    async make(scene) {
      const { holder, command } = await hold(scene, { ...safe, deadlineMs: 1000 });
      const deadline = Date.parse(String(pick(command, "deadlineAt")));
      await waitUntil(() => Date.now() > deadline, { what: "the deadline" });
      return await report(scene, holder.token, command);
    },
  },
  {
    move: "sending another result than the one that was taken",
    status: 409,
    async make(scene) {
      const { holder, command } = await hold(scene);
      await report(scene, holder.token, command);
      return await report(scene, holder.token, command, { outcome: "failed" });
    },
  },
  {
    move: "sending the result of another device's command",
    status: 404,
    async make(scene) {
      const { command } = await hold(scene);
      return await report(scene, scene.device.token, command);
    },
  },
  {
    move: "extending a claim with another's token",
    status: 409,
    async make(scene) {
      const { holder, command } = await hold(scene);
      const path = `/device/commands/${String(pick(command, "id"))}/extend`;
      return await scene.door.call(holder.token, "POST", path, { claimToken: "clm_made-up" });
    },
  },
];
