/** What a client does after a close: reconnect with backoff, or stay away until a person or the page changes something. */
export type AfterClose = "reconnect" | "stop";

interface CloseCodeRow {
  readonly code: number;
  readonly after: AfterClose;
  readonly meaning: string;
}

/**
 * All close codes of the hub. Clients can follow a rule instead of the table, as with Centrifugo: 3000 to 3499 reconnect, 3500 to 3999 do
 * not, and every other code (from the network) reconnects, except those in `standardStops`.
 */
export const closeCodes = {
  shutdown: { code: 3001, after: "reconnect", meaning: "This instance is going away: reconnect elsewhere." },
  internal: { code: 3004, after: "reconnect", meaning: "Something went wrong on the server." },
  expired: { code: 3005, after: "reconnect", meaning: "The credential ended: reconnect with a fresh one." },
  slow: { code: 3008, after: "reconnect", meaning: "The client reads too slowly." },
  forcedReconnect: { code: 3011, after: "reconnect", meaning: "The endpoint's rules changed: reconnect." },
  tooManyRequests: { code: 3013, after: "reconnect", meaning: "The client kept sending beyond its rate." },
  lifetime: { code: 3015, after: "reconnect", meaning: "The connection reached its greatest age." },
  badFrames: { code: 3501, after: "stop", meaning: "The client kept sending frames that are not valid." },
  closedByOperator: { code: 3503, after: "stop", meaning: "An operator closed the connection." },
  revoked: { code: 3507, after: "stop", meaning: "The session was revoked." },
  notText: {
    code: 1003,
    after: "stop",
    meaning: "Frames are JSON in text messages; binary ones are refused.",
  },
} as const satisfies Record<string, CloseCodeRow>;

export type CloseReason = keyof typeof closeCodes;

/** Protocol errors of the client (RFC 6455, section 7.4.1): sending the same bytes again would fail again. */
const standardStops: ReadonlySet<number> = new Set([1002, 1003, 1007, 1009, 1010]);

export function afterClose(code: number): AfterClose {
  if (code >= 3500 && code < 4000) return "stop";
  return standardStops.has(code) ? "stop" : "reconnect";
}
