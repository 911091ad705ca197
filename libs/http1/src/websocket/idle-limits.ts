/** When an idle client is pinged and cut, in seconds of silence. */
export interface IdleLimits {
  /** 0 for never. */
  readonly cutAfter: number;
  /** 0 for never. */
  readonly pingAfter: number;
}

/** Follows Bun's rules: at least 8 seconds, of which 4, 8 or 16 are left for the pong. */
export function idleLimitsOf(idleTimeout: number, sendPings: boolean): IdleLimits {
  if (idleTimeout === 0) return { cutAfter: 0, pingAfter: 0 };
  const cutAfter = Math.max(8, idleTimeout);
  const margin = cutAfter >= 64 ? 16 : cutAfter >= 32 ? 8 : 4;
  return { cutAfter, pingAfter: sendPings ? cutAfter - margin : 0 };
}
