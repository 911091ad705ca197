import type { Principal } from "./principal.ts";

/** An identity's verdict on a caller. `unavailable` MUST NOT be treated as success, nor as a wrong credential. */
export type Authentication =
  | {
      readonly outcome: "authenticated";
      readonly principal: Principal;
      /** Values of `Set-Cookie` for the caller's answer. */
      readonly setCookies?: readonly string[];
    }
  | { readonly outcome: "absent" }
  | Rejected
  /** Refused by a service that supplies the answer itself: a challenge, a page, a redirect. */
  | { readonly outcome: "turned_away"; readonly identity: string; readonly notice: Notice }
  /** Too many invalid credentials: no further one is verified for this long. */
  | { readonly outcome: "throttled"; readonly identity: string; readonly retryAfterSeconds: number }
  /** Identified by a valid credential, but refused, such as a suspended device. */
  | { readonly outcome: "barred"; readonly identity: string; readonly reason: string }
  | { readonly outcome: "unavailable"; readonly identity: string };

/** Refused because of what the caller presented. */
export interface Rejected {
  readonly outcome: "rejected";
  readonly identity: string;
  /** For the log; callers learn of expiry alone. */
  readonly reason: string;
  /** What was presented and where, for the caller, such as `API key in the header x-api-key`; absent for a token. */
  readonly credential?: string;
}

export type Authenticated = Extract<Authentication, { outcome: "authenticated" }>;
export type TurnedAway = Extract<Authentication, { outcome: "turned_away" }>;

/** An answer for the caller. */
export interface Notice {
  /** 401, 403, or a redirect with its `location`. */
  readonly status: number;
  /** Names and values alternating; names in lower case. */
  readonly fields: readonly string[];
  readonly body: Uint8Array;
  /** Whether the caller presented any credentials; without them, none can be invalid. */
  readonly hadCredentials: boolean;
}

/**
 * What an identity authenticates callers by, after the schemes of `WWW-Authenticate` (RFC 9110, 11.6.1). API keys and client certificates
 * have no registered one. `service` stands for a service that is asked, which may read anything.
 */
export type AuthScheme = "bearer" | "basic" | "key" | "certificate" | "service";

/** What callers are asked for. */
export interface AskedCredentials {
  readonly schemes: ReadonlySet<AuthScheme>;
  /** The same in words for callers, without what services ask for: `a bearer token`. */
  readonly words: readonly string[];
}
