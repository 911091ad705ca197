import { pick, pickList, pickText } from "@libs/testing";
import type { Answer } from "./call.ts";
import type { Caller, TestFleet } from "./start-fleet.ts";

export const customerApi = "/api/v1/customer";
export const deviceApi = "/api/v1/device";

export interface RegisteredDevice {
  readonly id: string;
  readonly secret: string;
  readonly device: Caller;
}

/** A device of the customer, provisioned and registered. */
export async function addDevice(fleet: TestFleet, customerId: string): Promise<RegisteredDevice> {
  const provisioned = await fleet
    .asCustomer(customerId)
    .post(`${customerApi}/devices/provision`, { name: "Kiosk" });
  const { body } = await fleet.asNobody.post(`${deviceApi}/register`, {
    activationCode: pick(provisioned.body, "activationCode"),
  });
  const id = pickText(body, "deviceId");
  return { id, secret: pickText(body, "secret"), device: fleet.asDevice(id) };
}

export const safeCommand = { kind: "run_check", parameters: { check: "disk" } } as const;
export const riskyCommand = { kind: "restart_service", parameters: { service: "till" } } as const;

/** A session as the customer gets it. */
export async function openSession(
  customer: Caller,
  deviceId: string,
  options: { readonly commands?: readonly object[]; readonly [name: string]: unknown } = {},
): Promise<unknown> {
  const { commands = [safeCommand], ...rest } = options;
  const answer = await customer.post(`${customerApi}/sessions`, {
    deviceId,
    reason: "the till is slow",
    commands,
    ...rest,
  });
  if (answer.status !== 200) throw new Error(`no session: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export function decide(
  customer: Caller,
  session: unknown,
  event: "approve" | "reject" = "approve",
): Promise<Answer> {
  return customer.post(`${customerApi}/sessions/${pickText(session, "id")}/${event}`, {
    planHash: pick(session, "planHash"),
  });
}

export async function claim(device: Caller, options: object = {}): Promise<readonly unknown[]> {
  const { body } = await device.post(`${deviceApi}/commands/claim`, { max: 10, ...options });
  return pickList(body, "commands");
}

export function report(device: Caller, command: unknown, fields: object = {}): Promise<Answer> {
  return device.post(`${deviceApi}/commands/${pickText(command, "id")}/result`, {
    claimToken: pick(command, "claimToken"),
    outcome: "succeeded",
    output: { freeBytes: 7 },
    ...fields,
  });
}
