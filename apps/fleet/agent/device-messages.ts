import type { UnsentResult } from "./agent-state.ts";
import type { ClaimAsked, Heartbeat, HeldCommand } from "./fleet-api.ts";

/** Messages that a device sends over its socket, by frame type, with their replies. */
export type DeviceMessages = {
  readonly device_heartbeat: { readonly payload: Heartbeat; readonly reply: undefined };
  readonly claim_commands: {
    readonly payload: ClaimAsked;
    readonly reply: { readonly commands: readonly HeldCommand[] };
  };
  readonly command_result: { readonly payload: UnsentResult; readonly reply: undefined };
};

/** Commands that one frame can claim: the reply with more might exceed the largest frame. */
export const claimFrameMax = 3;
