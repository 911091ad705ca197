import type { UnsentResult } from "./agent-state.ts";
import type { ClaimAsked, Heartbeat, HeldCommand } from "./fleet-api.ts";

/** What a device says over its socket, by the type of the frame, and what it is replied. */
export type DeviceMessages = {
  readonly device_heartbeat: { readonly payload: Heartbeat; readonly reply: undefined };
  readonly claim_commands: {
    readonly payload: ClaimAsked;
    readonly reply: { readonly commands: readonly HeldCommand[] };
  };
  readonly command_result: { readonly payload: UnsentResult; readonly reply: undefined };
};

/** Commands that one frame can claim: more may be too long for one that is replied. */
export const claimFrameMax = 3;
