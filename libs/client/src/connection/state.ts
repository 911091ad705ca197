/** What a page can show of the connection. */
export type ConnectionState =
  /** Opening, for the `attempt`th time since it last stood; 0 for the first. */
  | { readonly status: "connecting"; readonly attempt: number }
  | { readonly status: "open"; readonly connectionId: string; readonly userId: string | null }
  /**
   * Will try again at `until`, milliseconds since the epoch. `reason`: the hub's word at its close (`shutdown`, `slow`), or its
   * refusal, such as `401 The token is not valid.`, which no WebSocket tells and the fallback finds out; empty where unknown.
   */
  | { readonly status: "waiting"; readonly attempt: number; readonly until: number; readonly reason: string }
  /** The device says that it has no network. */
  | { readonly status: "offline" }
  /** For good: closed by the page, or by the hub with a code after which coming back is pointless. */
  | { readonly status: "closed"; readonly code: number; readonly reason: string };
