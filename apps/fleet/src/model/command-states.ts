import { finalStates, type StateMachine } from "./state-machine.ts";

export type CommandState =
  | "awaiting_approval"
  | "queued"
  | "claimed"
  | "succeeded"
  | "failed"
  | "refused"
  | "rejected"
  | "expired"
  | "cancelled"
  | "dead";
export type CommandEvent =
  | "approve"
  | "reject"
  | "expire"
  | "cancel"
  | "claim"
  | "extend"
  | "succeed"
  | "fail"
  | "refuse"
  | "die";

/**
 * `claimed` ends with a result, with another claim after the visibility timeout, or as a dead letter: the
 * deadline passed or the attempts are used up. A device refuses commands that it cannot or may not execute.
 */
export const commandMachine: StateMachine<CommandState, CommandEvent> = {
  subject: "command",
  transitions: {
    awaiting_approval: { approve: "queued", reject: "rejected", expire: "expired", cancel: "cancelled" },
    queued: { claim: "claimed", cancel: "cancelled", die: "dead" },
    claimed: {
      claim: "claimed",
      extend: "claimed",
      succeed: "succeeded",
      fail: "failed",
      refuse: "refused",
      cancel: "cancelled",
      die: "dead",
    },
    succeeded: {},
    failed: {},
    refused: {},
    rejected: {},
    expired: {},
    cancelled: {},
    dead: {},
  },
};

export const finalCommandStates = finalStates(commandMachine);
