import type { Principal } from "./principal.ts";

/** What an identity found out about a caller. `unavailable` is never let in and never taken for a wrong credential. */
export type Authentication =
  | {
      readonly outcome: "authenticated";
      readonly principal: Principal;
      /** Values of `Set-Cookie` that the caller is given along with its answer. */
      readonly setCookies?: readonly string[];
    }
  | { readonly outcome: "absent" }
  | { readonly outcome: "rejected"; readonly identity: string; readonly reason: string }
  /** Not let in by a service that says itself what the caller shall be told: a challenge, a page, the way to one. */
  | { readonly outcome: "turned_away"; readonly identity: string; readonly notice: Notice }
  /** Too many credentials of it were no good; another is not looked at until then. */
  | { readonly outcome: "throttled"; readonly identity: string; readonly retryAfterSeconds: number }
  /** Known by a good credential, and not let in: a suspended device. */
  | { readonly outcome: "barred"; readonly identity: string; readonly reason: string }
  | { readonly outcome: "unavailable"; readonly identity: string };

export type Authenticated = Extract<Authentication, { outcome: "authenticated" }>;
export type TurnedAway = Extract<Authentication, { outcome: "turned_away" }>;

/** An answer for the caller itself. */
export interface Notice {
  /** 401, 403, or a redirection with its `location`. */
  readonly status: number;
  /** Names and values in turn; names in lower case. */
  readonly fields: readonly string[];
  readonly body: Uint8Array;
  /** Whether the caller had presented anything: without, there was nothing to be wrong. */
  readonly hadCredentials: boolean;
}
