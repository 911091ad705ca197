import type { StateMachine } from "./state-machine.ts";

export type DeviceState = "provisioned" | "active" | "suspended" | "retired";
export type DeviceEvent = "register" | "replace_secret" | "rotate" | "suspend" | "resume" | "retire";

/** A rotated device must register again: its secret and its sessions are invalid from that moment on. */
export const deviceMachine: StateMachine<DeviceState, DeviceEvent> = {
  subject: "device",
  transitions: {
    provisioned: { register: "active", rotate: "provisioned", retire: "retired" },
    active: { replace_secret: "active", rotate: "provisioned", suspend: "suspended", retire: "retired" },
    suspended: { resume: "active", retire: "retired" },
    retired: {},
  },
};
