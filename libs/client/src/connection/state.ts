/** The connection's state, for display. */
export type ConnectionState =
  /** Opening; `attempt` counts from the last successful connection, 0 for the first. */
  | { readonly status: "connecting"; readonly attempt: number }
  | { readonly status: "open"; readonly connectionId: string; readonly userId: string | null }
  /**
   * Will retry at `until`, milliseconds since the epoch. `reason` is the hub's close reason (`shutdown`, `slow`) or its refusal, such as
   * `401 The token is not valid.`, which a WebSocket does not reveal and the fallback finds out; empty where unknown.
   */
  | { readonly status: "waiting"; readonly attempt: number; readonly until: number; readonly reason: string }
  /** The device reports that it is offline. */
  | { readonly status: "offline" }
  /** Final: closed by the page, or by the hub with a code that forbids reconnecting. */
  | { readonly status: "closed"; readonly code: number; readonly reason: string };
