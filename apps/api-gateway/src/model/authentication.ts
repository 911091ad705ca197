import type { Principal } from "./principal.ts";

/** What an identity found out about a caller. `unavailable` is never let in and never taken for a wrong credential. */
export type Authentication =
  | { readonly outcome: "authenticated"; readonly principal: Principal }
  | { readonly outcome: "absent" }
  | { readonly outcome: "rejected"; readonly identity: string; readonly reason: string }
  /** Known by a good credential, and not let in: a suspended device. */
  | { readonly outcome: "barred"; readonly identity: string; readonly reason: string }
  | { readonly outcome: "unavailable"; readonly identity: string };

export type Authenticated = Extract<Authentication, { outcome: "authenticated" }>;
