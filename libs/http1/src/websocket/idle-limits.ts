/** When a silent client is pinged and when it is cut, in seconds. */
export interface IdleLimits {
  /** 0 for never. */
  readonly cutAfter: number;
  /** 0 for never. */
  readonly pingAfter: number;
}

/** As Bun counts: never under 8 seconds, and 4, 8 or 16 of them for the answer to a ping. */
export function idleLimitsOf(idleTimeout: number, sendPings: boolean): IdleLimits {
  if (idleTimeout === 0) return { cutAfter: 0, pingAfter: 0 };
  const cutAfter = Math.max(8, idleTimeout);
  const margin = cutAfter >= 64 ? 16 : cutAfter >= 32 ? 8 : 4;
  return { cutAfter, pingAfter: sendPings ? cutAfter - margin : 0 };
}
