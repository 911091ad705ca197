import { ageOf, RecentMap } from "@libs/auth";
import { Type } from "@sinclair/typebox";
import type { Authenticated, Authentication } from "../model/authentication.ts";
import type { Principal } from "../model/principal.ts";
import type { Identity } from "./identity.ts";

/** `cacheMax` of every identity that asks. */
export const answersMax = Type.Integer({
  description: "Answers remembered at most.",
  default: 50_000,
  minimum: 2,
  maximum: 5_000_000,
});

export interface AskedIdentityOptions {
  readonly name: string;
  /** Rejects where it could not be found out. */
  readonly ask: (token: string) => Promise<Principal | Barred | Refused>;
  readonly now: () => number;
  /** Longest time for which an answer holds without asking again. */
  readonly cacheMs: number;
  /** The same for a token that was no good. Short: it may become good. */
  readonly refusedMs: number;
  /** While asking fails, callers known before stay known for this time after the last good answer. */
  readonly staleIfErrorMs: number;
  readonly cacheMax: number;
  /** Questions at once; beyond it callers get 503. */
  readonly questionsMax: number;
  readonly onFailure: (error: unknown) => void;
}

/** The token is good and its owner is not let in. */
export interface Barred {
  readonly barred: string;
}

/** The token is no good. */
export interface Refused {
  /** One of a closed set of words. */
  readonly refused: string;
}

interface Remembered {
  readonly authenticated: Authenticated;
  readonly askedAt: number;
}

const absent: Authentication = { outcome: "absent" };

/** Opaque tokens that only somebody else can judge: asked once at a time for a token, remembered for a bounded time. */
export function createAskedIdentity(options: AskedIdentityOptions): Identity {
  const { name, now, cacheMs, refusedMs, staleIfErrorMs } = options;
  const known = new RecentMap<Remembered>(options.cacheMax);
  const refused = new RecentMap<{ readonly at: number; readonly answer: Authentication }>(options.cacheMax);
  const pending = new Map<string, Promise<Authentication>>();
  const unavailable: Authentication = { outcome: "unavailable", identity: name };

  function isAlive({ authenticated, askedAt }: Remembered, forMs: number): boolean {
    return ageOf(askedAt, now()) < forMs && authenticated.principal.expiresAt > now();
  }

  async function ask(token: string, digest: string): Promise<Authentication> {
    const askedAt = now();
    try {
      const principal = await options.ask(token);
      if ("barred" in principal) {
        known.delete(digest);
        return { outcome: "barred", identity: name, reason: principal.barred };
      }
      if ("refused" in principal || principal.expiresAt <= now()) {
        const reason = "refused" in principal ? principal.refused : "expired";
        const answer: Authentication = { outcome: "rejected", identity: name, reason };
        known.delete(digest);
        refused.set(digest, { at: now(), answer });
        return answer;
      }
      const authenticated: Authenticated = { outcome: "authenticated", principal };
      known.set(digest, { authenticated, askedAt });
      return authenticated;
    } catch (error) {
      options.onFailure(error);
      const last = known.get(digest);
      return last !== undefined && isAlive(last, staleIfErrorMs) ? last.authenticated : unavailable;
    }
  }

  function askOnce(token: string, digest: string): Authentication | Promise<Authentication> {
    const asked = pending.get(digest);
    if (asked !== undefined) return asked;
    if (pending.size >= options.questionsMax) return unavailable;
    const question = ask(token, digest).finally(() => pending.delete(digest));
    pending.set(digest, question);
    return question;
  }

  return {
    recall(credentials) {
      const digest = credentials.bearerDigest();
      const entry = digest === null ? undefined : known.get(digest);
      return entry !== undefined && isAlive(entry, cacheMs) ? entry.authenticated : null;
    },
    authenticate(credentials) {
      const bearer = credentials.bearer();
      if (bearer.kind === "absent") return absent;
      const digest = credentials.bearerDigest();
      if (bearer.kind === "malformed" || digest === null) {
        return { outcome: "rejected", identity: name, reason: "malformed_credentials" };
      }
      const before = refused.get(digest);
      return before !== undefined && ageOf(before.at, now()) < refusedMs
        ? before.answer
        : askOnce(bearer.token, digest);
    },
    dispose() {
      known.clear();
      refused.clear();
    },
  };
}
