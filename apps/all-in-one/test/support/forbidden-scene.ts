import { pick } from "@libs/testing";
import { type Answer, type FleetDevice, type FrontDoor, risky, safe } from "./front-door.ts";

/** The participants: two users of one customer with a device, and one of another customer. */
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

export const provision = async ({ door, ana }: Scene): Promise<unknown> =>
  (await door.call(ana, "POST", "/customer/devices/provision", { name: "Kiosk" })).body;

export const register = ({ door }: Scene, provisioned: unknown): Promise<Answer> =>
  door.call(null, "POST", "/device/register", { activationCode: pick(provisioned, "activationCode") });

export const login = ({ door }: Scene, deviceId: string, secret: string): Promise<Answer> =>
  door.call(null, "POST", "/device/auth", { deviceId, secret });

export const approve = (
  { door }: Scene,
  token: string,
  session: unknown,
  planHash = pick(session, "planHash"),
): Promise<Answer> =>
  door.call(token, "POST", `/customer/sessions/${String(pick(session, "id"))}/approve`, { planHash });

export const askRisky = ({ door, ana, device }: Scene, fields: object = {}): Promise<unknown> =>
  door.openSession(ana, device.id, { commands: [risky], ...fields });

export const claim = async ({ door }: Scene, token: string, body: object = {}): Promise<unknown> =>
  pick((await door.call(token, "POST", "/device/commands/claim", body)).body, "commands", 0);

export const report = (
  { door }: Scene,
  token: string,
  command: unknown,
  fields: object = {},
): Promise<Answer> =>
  door.call(token, "POST", `/device/commands/${String(pick(command, "id"))}/result`, {
    claimToken: pick(command, "claimToken"),
    outcome: "succeeded",
    ...fields,
  });

/** A claimed command of another device. */
export const hold = async (scene: Scene, command: object = safe, body: object = {}) => {
  const holder = await scene.door.addDevice(scene.ana);
  const session = await scene.door.openSession(scene.ana, holder.id, { commands: [command] });
  return { holder, session, command: await claim(scene, holder.token, body) };
};
