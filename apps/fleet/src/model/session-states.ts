import type { StateMachine } from "./state-machine.ts";

export type SessionState =
  | "awaiting_approval"
  | "running"
  | "completed"
  | "failed"
  | "rejected"
  | "expired"
  | "cancelled";
export type SessionEvent = "approve" | "reject" | "expire" | "cancel" | "complete" | "fail";

/** A diagnostic session runs as a whole: while one of its commands needs approval, none is delivered to the device. */
export const sessionMachine: StateMachine<SessionState, SessionEvent> = {
  subject: "session",
  transitions: {
    awaiting_approval: { approve: "running", reject: "rejected", expire: "expired", cancel: "cancelled" },
    running: { complete: "completed", fail: "failed", cancel: "cancelled" },
    completed: {},
    failed: {},
    rejected: {},
    expired: {},
    cancelled: {},
  },
};
