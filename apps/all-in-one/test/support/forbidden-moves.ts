import { waitUntil } from "@libs/testing";
import { type Answer, type FleetDevice, type FrontDoor, pick, risky, safe } from "./front-door.ts";

/** Who is there: two people of one customer with a device, and one of another customer. */
export interface Scene {
  readonly door: FrontDoor;
  readonly device: FleetDevice;
  readonly ana: string;
  readonly ben: string;
  readonly stranger: string;
}

export interface ForbiddenMove {
  readonly move: string;
  readonly status: number;
  readonly make: (scene: Scene) => Promise<Answer>;
}

const provision = async ({ door, ana }: Scene): Promise<unknown> =>
  (await door.call(ana, "POST", "/customer/devices/provision", { name: "Kiosk" })).body;

const register = ({ door }: Scene, provisioned: unknown): Promise<Answer> =>
  door.call(null, "POST", "/device/register", { activationCode: pick(provisioned, "activationCode") });

const login = ({ door }: Scene, deviceId: string, secret: string): Promise<Answer> =>
  door.call(null, "POST", "/device/auth", { deviceId, secret });

const approve = (
  { door }: Scene,
  token: string,
  session: unknown,
  planHash = pick(session, "planHash"),
): Promise<Answer> =>
  door.call(token, "POST", `/customer/sessions/${String(pick(session, "id"))}/approve`, { planHash });

const askRisky = ({ door, ana, device }: Scene, fields: object = {}): Promise<unknown> =>
  door.openSession(ana, device.id, { commands: [risky], ...fields });

const claim = async ({ door }: Scene, token: string, body: object = {}): Promise<unknown> =>
  pick((await door.call(token, "POST", "/device/commands/claim", body)).body, "commands", 0);

const report = ({ door }: Scene, token: string, command: unknown, fields: object = {}): Promise<Answer> =>
  door.call(token, "POST", `/device/commands/${String(pick(command, "id"))}/result`, {
    claimToken: pick(command, "claimToken"),
    outcome: "succeeded",
    ...fields,
  });

/** A command of a device of its own, claimed. */
const hold = async (scene: Scene, command: object = safe, body: object = {}) => {
  const holder = await scene.door.addDevice(scene.ana);
  const session = await scene.door.openSession(scene.ana, holder.id, { commands: [command] });
  return { holder, session, command: await claim(scene, holder.token, body) };
};

export const forbiddenMoves: readonly ForbiddenMove[] = [
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
